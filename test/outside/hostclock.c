/*
 * The host's clock beside its TSC, for the judge of scripts/lib/truth.py: prints `TSC ns TSC` some hundred
 * times a second, until it is ended: CLOCK_MONOTONIC was at that ns (rounded down) between these two TSCs.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <x86intrin.h>

#define PAUSE_NS 5000000
#define TRIES    24 /* the tightest counts: a host that is busy elsewhere only makes one wide */

struct pair {
    uint64_t tsc_lo, ns, tsc_hi;
};

/* LFENCE on both sides: RDTSC is no load, and may run ahead of or behind its neighbours (SDM vol. 2). */
static uint64_t tsc_ordered(void)
{
    _mm_lfence();
    uint64_t tsc = __rdtsc();
    _mm_lfence();
    return tsc;
}

static struct pair take(void)
{
    struct timespec now;
    struct pair pair;

    pair.tsc_lo = tsc_ordered();
    clock_gettime(CLOCK_MONOTONIC, &now);
    pair.tsc_hi = tsc_ordered();
    pair.ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return pair;
}

static struct pair take_tightest(void)
{
    struct pair best = take();

    for (int i = 1; i < TRIES; i++) {
        struct pair next = take();

        if (next.tsc_hi - next.tsc_lo < best.tsc_hi - best.tsc_lo)
            best = next;
    }
    return best;
}

int main(void)
{
    const struct timespec pause = {0, PAUSE_NS};

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive its reader */
    for (;;) {
        struct pair pair = take_tightest();

        if (printf("%lu %lu %lu\n", pair.tsc_lo, pair.ns, pair.tsc_hi) < 0 || fflush(stdout))
            return EXIT_FAILURE;
        nanosleep(&pause, NULL);
    }
}
