/* sources: hv/keeper/meeting.c hv/time/align.c hv/time/line.c */
/* flags: -include test/unit/thread_cpu.h -pthread -O2 */
/*
 * Two CPUs meet: threads of the host, on its own TSC and its own caches, one with a skew that the test knows.
 * What a meeting says of the skew is the truth, however busy the host is; how tight it is is not judged, but
 * for this: some meeting must have been tight enough to see 10 us, in each direction. A TSC that is read at
 * the wrong moment must be found out.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "busy_host.h"
#include "keeper/clocks.h"
#include "keeper/meeting.h"

#define ENOUGH 20u
#define MEET_S 1 /* for ENOUGH, if the host is busy: then fewer will do */

struct keeper keeper;

enum fault { NONE, ANSWERS_STALE, RECEIVES_STALE };

static __thread unsigned own_id;
static __thread uint64_t last_tsc;
static int64_t skew; /* of CPU 1, ticks */
static enum fault fault;
static uint64_t number; /* of the meeting that both are to be at, or 0: the end */
static uint64_t done;   /* the last one that CPU 1 is done with */
static bool soon;

static uint64_t host_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* A stale one is what was read last. */
uint64_t rdtsc_ordered(void)
{
    uint64_t tsc = host_tsc() + (own_id ? (uint64_t)skew : 0), stale = last_tsc;

    last_tsc = tsc;
    return (own_id ? fault == ANSWERS_STALE : fault == RECEIVES_STALE) && stale ? stale : tsc;
}

void cpu_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

unsigned cpu_id(void)
{
    return own_id;
}

bool cpu_has_hypervisor(void)
{
    return true;
}

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    static _Alignas(64) char taken[4096];

    (void)what;
    assert_in_range(bytes, 1, sizeof taken);
    return memset(taken, 0, sizeof taken);
}

static void *follower(void *nothing)
{
    own_id = 1;
    for (uint64_t seen = 0;;) {
        uint64_t now = __atomic_load_n(&number, __ATOMIC_ACQUIRE);

        if (now == seen) {
            sched_yield();
            continue;
        }
        if (now == UINT64_MAX)
            return nothing;
        seen = now;
        last_tsc = 0;
        if (soon)
            meeting_follow_soon(0, now);
        else
            meeting_follow(0, now);
        __atomic_store_n(&done, now, __ATOMIC_RELEASE);
    }
}

static struct offset meet(uint64_t meeting)
{
    struct offset offset = OFFSET_UNKNOWN;
    struct ping narrowest = {0};

    last_tsc = 0;
    __atomic_store_n(&number, meeting, __ATOMIC_RELEASE);
    if (soon)
        meeting_lead_soon(1, meeting, &offset);
    else
        meeting_lead(1, meeting, &offset, &narrowest);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != meeting)
        sched_yield();
    return offset;
}

/* What came of many meetings with one skew. */
struct found {
    unsigned met, apart, lies;
    int64_t tightest;
};

/* Goes on until ENOUGH have met, or, if `seen`, one has seen a skew; or while there is time. */
static struct found meet_often(int64_t ticks, enum fault with, bool seen)
{
    struct found found = {.tightest = INT64_MAX};
    time_t begun = seconds_now();
    pthread_t thread;

    scale_from_hz(2000000000, &keeper.nominal); /* nothing rests on the host's true rate */
    keeper.cpus = 2;
    meeting_init(2);
    meeting_measure_spin();
    skew = ticks;
    fault = with;
    number = done = 0;
    assert_int_equal(pthread_create(&thread, NULL, follower, NULL), 0);
    for (unsigned i = 1; seen ? !found.apart && !hand_over_is_over(begun)
                              : found.met < ENOUGH && seconds_now() - begun <= MEET_S;
         i++) {
        struct offset offset = meet(2 * i);

        if (offset_judge(offset) == ALIGNMENT_UNKNOWN)
            continue;
        found.met++;
        found.apart += offset_judge(offset) == ALIGNMENT_APART;
        found.lies += offset.lo > ticks || ticks > offset.hi;
        if (offset.hi - offset.lo < found.tightest)
            found.tightest = offset.hi - offset.lo;
    }
    __atomic_store_n(&number, UINT64_MAX, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    return found;
}

static const int64_t SKEWS[] = {0,    1,     -1,    20,     -20,       300,         -300,
                                3000, -3000, 30000, -30000, 1ll << 40, -(1ll << 40)};

static void the_truth_is_inside(void **state)
{
    (void)state;
    soon = false;
    for (unsigned i = 0; i < sizeof SKEWS / sizeof *SKEWS; i++) {
        struct found found = meet_often(SKEWS[i], NONE, false);

        assert_true(found.met > 0);
        assert_int_equal(found.lies, 0);
        if (SKEWS[i] == 0)
            assert_int_equal(found.apart, 0);
    }
}

static void at_run_time_too(void **state)
{
    (void)state;
    soon = true;
    for (unsigned i = 0; i < sizeof SKEWS / sizeof *SKEWS; i++)
        assert_int_equal(meet_often(SKEWS[i], NONE, false).lies, 0);
    soon = false;
}

/* 10 us and more, at any rate of the host's TSC below 5 GHz. */
static void a_skew_is_seen_in_each_direction(void **state)
{
    (void)state;
    assert_true(meet_often(50000, NONE, true).apart > 0);
    assert_true(meet_often(-50000, NONE, true).apart > 0);
}

static void a_stale_answer_is_found_out(void **state)
{
    (void)state;
    assert_true(meet_often(0, ANSWERS_STALE, true).apart > 0);
}

/* Received before it was answered, by all that is read: no skew makes that. */
static void a_stale_receipt_is_found_out(void **state)
{
    (void)state;
    assert_true(meet_often(0, RECEIVES_STALE, true).lies > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_is_inside),
        cmocka_unit_test(at_run_time_too),
        cmocka_unit_test(a_skew_is_seen_in_each_direction),
        cmocka_unit_test(a_stale_answer_is_found_out),
        cmocka_unit_test(a_stale_receipt_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
