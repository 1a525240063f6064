/*
 * How many instructions a read takes, counted one by one (the trap flag, and a signal for each). No clock is
 * asked, so the figures are the same on every run and a machine's noise is not in them: `make lint-reader`
 * holds the reader to them. What they cost is for `make bench`.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define READS 16u
#define TRIES 5u

/*
 * At most so many on a fresh record, with the loop's own two: as it stands with Debian 12's compilers. With
 * other versions a few may come or go.
 */
#define SLACK 8u

static const struct limit {
    const struct compiled *by;
    unsigned major, point, interval, percpu;
} limits[] = {{&by_gcc, 12, 46, 80, 56}, {&by_clang, 14, 42, 82, 56}};

struct place the_place __attribute__((aligned(4096)));
static volatile unsigned long steps;

static void step(int signal)
{
    (void)signal;
    steps++;
}

static unsigned long count(form_run run, unsigned reads)
{
    steps = 0;
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" : : : "cc", "memory");
    run(&the_place, reads);
    __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" : : : "cc", "memory");
    return steps;
}

/*
 * A loop's start and end are the same for any number of reads. Of some tries the least counts: a process that
 * is held up for half a second in the midst of one finds the record no longer fresh.
 */
static unsigned of_a_read(const struct limit *limit, enum form_id form)
{
    form_run run = limit->by->form[form].loop;
    unsigned long least = ~0ul;

    for (unsigned i = 0; i < TRIES; i++) {
        unsigned long one, more;

        place_publish(&the_place);
        one = count(run, 1);
        more = count(run, READS + 1) - one;
        least = more < least ? more : least;
    }
    return (unsigned)(least / READS);
}

static bool within(const struct limit *limit, enum form_id form, unsigned most)
{
    unsigned instructions = of_a_read(limit, form), rival = of_a_read(limit, FORM_PVCLOCK);

    most += limit->by->major == limit->major ? 0 : SLACK;
    printf("%s: %s: %u instructions, at most %u (Linux's pvclock form: %u)\n", limit->by->version,
           limit->by->form[form].name, instructions, most, rival);
    return instructions > 0 && instructions <= most;
}

int main(void)
{
    struct sigaction action = {.sa_handler = step};
    bool kept = sigaction(SIGTRAP, &action, NULL) == 0;

    place_init(&the_place);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        kept &= within(&limits[i], FORM_POINT, limits[i].point);
        kept &= within(&limits[i], FORM_INTERVAL, limits[i].interval);
        kept &= within(&limits[i], FORM_PERCPU, limits[i].percpu);
    }
    return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
