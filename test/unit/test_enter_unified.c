/* sources: hv/keeper/mode.c hv/time/align.c hv/time/line.c */
/* flags: -include test/unit/sim_cpu.h */
/*
 * When unified mode begins, and when it is tried again: the five things that docs/clock.md asks for, each
 * missing by itself, on each CPU. Publisher and log are stand-ins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/publisher.h"
#include "keeper/watch.h"

#define CPUS     4u /* of which the last one is left out */
#define MEASURED 3u
#define HZ       1000000000ull /* a tick is a ns */
#define NOW      5000000000ull

struct keeper keeper;

static struct cpu_clock clocks[CPUS];
static struct pair table[CPUS * CPUS];
static struct consensus outlooks; /* what publish_gather says */
static unsigned entered, left;
static uint64_t told_step_ns;

uint64_t rdtsc_ordered(void)
{
    return NOW;
}

struct consensus publish_gather(uint64_t tsc)
{
    assert_int_equal(tsc, NOW);
    return outlooks;
}

void publish_enter_unified(void)
{
    entered++;
    keeper.mode = CLOCK_UNIFIED;
}

void publish_leave_unified(void)
{
    left++;
    keeper.mode = CLOCK_PERCPU;
}

void announce_clock(const char *why, uint64_t step_ns)
{
    assert_non_null(why);
    told_step_ns = step_ns;
}

static void meet(unsigned a, unsigned b, unsigned times, int64_t extent)
{
    for (unsigned i = 0; i < times; i++)
        assert_true(pairs_note(&keeper.watch.pairs, a, b, (struct offset){-extent, extent / 2}));
}

static void all_meet(unsigned times)
{
    meet(0, 1, times, 400);
    meet(0, 2, times, 400);
    meet(1, 2, times, 400);
}

/* All that unified mode asks for is there. The CPU that is left out has none of it. */
static void ready(void)
{
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(table, 0, sizeof table);
    entered = left = 0;
    keeper.cpus = CPUS;
    keeper.clocks = clocks;
    keeper.wanted = CLOCKMODE_AUTO;
    keeper.epoch = 7;
    keeper.resolution_most = 1000;
    keeper.watch.sweeps = 1;
    scale_from_hz(HZ, &keeper.nominal);
    for (unsigned cpu = 0; cpu < MEASURED; cpu++) {
        clocks[cpu].measured = true;
        clocks[cpu].known.epoch = keeper.epoch;
        clocks[cpu].own.timeline = (struct timeline){
            .line = {.tsc = NOW, .ns = 1000, .scale = keeper.nominal},
            .nominal = keeper.nominal,
            .anchor_ns = 55,
            .anchored = true,
            .bound = {100, 50},
        };
    }
    clocks[MEASURED].own.timeline.bound = BOUND_UNKNOWN;
    outlooks = (struct consensus){
        .agree = true, .count = MEASURED, .value = {1000, 1100}, .value_hull = {950, 1200}};
    pairs_start(&keeper.watch.pairs, CPUS, table);
    all_meet(PAIRS_PASSES);
}

static void assert_begins(bool begins)
{
    unsigned before = entered;

    mode_try_unified();
    assert_int_equal(entered - before, begins);
    assert_int_equal(keeper.mode, begins ? CLOCK_UNIFIED : CLOCK_PERCPU);
}

static void with_all_of_them_it_begins(void **state)
{
    (void)state;
    ready();
    assert_begins(true);
}

/* ---- What may be missing on one CPU ---- */

static void lose_bound(struct cpu_clock *clock)
{
    clock->own.timeline.bound = BOUND_UNKNOWN;
}

static void lose_anchor(struct cpu_clock *clock)
{
    clock->own.timeline.anchored = false;
}

static void have_another_anchor(struct cpu_clock *clock)
{
    clock->own.timeline.anchor_ns++;
}

static void miss_the_last_disruption(struct cpu_clock *clock)
{
    clock->known.epoch--;
}

/* It may only have lost its alarm while its guest reads on. */
static void stop(struct cpu_clock *clock)
{
    clock->watched.silent = STOPPED_PERIODS;
}

static void have_another_rate(struct cpu_clock *clock)
{
    scale_from_hz(2 * HZ, &clock->own.timeline.nominal);
}

static void one_cpu_without_it_is_enough(void **state)
{
    static void (*const lose[])(struct cpu_clock *) = {
        lose_bound, lose_anchor, have_another_anchor, miss_the_last_disruption, stop, have_another_rate};

    (void)state;
    for (unsigned what = 0; what < sizeof lose / sizeof *lose; what++) {
        for (unsigned cpu = 0; cpu < MEASURED; cpu++) {
            ready();
            lose[what](&clocks[cpu]);
            assert_begins(false);
        }
        ready();
        lose[what](&clocks[MEASURED]); /* one that is left out has no say */
        assert_begins(true);
    }
}

/* ---- What may be missing of a pair ---- */

static const struct {
    unsigned a, b;
} PAIRS[] = {{0, 1}, {0, 2}, {1, 2}};

static void each_pair_has_met_four_times(void **state)
{
    (void)state;
    for (unsigned late = 0; late < 3; late++) {
        ready();
        pairs_forget(&keeper.watch.pairs);
        for (unsigned i = 0; i < 3; i++)
            meet(PAIRS[i].a, PAIRS[i].b, i == late ? 3 : 4, 400);
        assert_begins(false);
        meet(PAIRS[late].a, PAIRS[late].b, 1, 400);
        assert_begins(true);
    }
}

/* 1 us at most, on every pair, whichever comes last; what is told is the largest of all. */
static void each_pair_would_have_shown_1_us(void **state)
{
    (void)state;
    for (unsigned wide = 0; wide < 3; wide++) {
        for (int64_t extent = 1000; extent <= 1001; extent++) {
            ready();
            pairs_forget(&keeper.watch.pairs);
            for (unsigned i = 0; i < 3; i++)
                meet(PAIRS[i].a, PAIRS[i].b, 4, i == wide ? extent : 300);
            assert_begins(extent == 1000);
            if (extent == 1000)
                assert_int_equal(keeper.resolution, 1000);
        }
    }
}

/* ---- What may be missing of all ---- */

static void outlooks_agree_and_not_only_just(void **state)
{
    (void)state;
    ready();
    outlooks.agree = false;
    assert_begins(false);
    outlooks.agree = true;
    outlooks.value.hi = outlooks.value.lo; /* microseconds later they might not */
    assert_begins(false);
    outlooks.value.hi = outlooks.value.lo + 10;
    assert_begins(true);
}

static void not_against_the_command_line(void **state)
{
    (void)state;
    ready();
    keeper.wanted = CLOCKMODE_PERCPU;
    assert_begins(false);
}

/* ---- What is known from then on ---- */

/* TSCs in step may be apart by what outlooks allow, if start-up measured less: T2 waits so long. */
static void the_skew_is_the_larger_one(void **state)
{
    (void)state;
    ready();
    keeper.skew_ns = 30;
    assert_begins(true);
    assert_int_equal(keeper.skew_ns, 250); /* from 950 to 1200 */
    ready();
    keeper.skew_ns = 700;
    assert_begins(true);
    assert_int_equal(keeper.skew_ns, 700);
}

/* S goes forward by no more than the lines were apart. */
static void the_step_is_what_lines_were_apart(void **state)
{
    (void)state;
    ready();
    clocks[0].own.timeline.line.ns = 1020;
    clocks[1].own.timeline.line.ns = 1050;
    assert_begins(true);
    assert_int_equal(told_step_ns, 50);
}

/* All TSCs were set back since it was left: what was seen before that says nothing of who is behind. */
static void the_causal_word_begins_anew(void **state)
{
    (void)state;
    ready();
    keeper.watch.last_tsc = 2 * NOW;
    assert_begins(true);
    assert_in_range(keeper.watch.last_tsc, 0, NOW);
}

/* ---- Leaving it ---- */

static void what_was_met_before_does_not_count(void **state)
{
    (void)state;
    ready();
    assert_begins(true);
    mode_leave_unified("a test");
    assert_int_equal(left, 1);
    keeper.watch.sweeps += 1000;
    assert_begins(false);
    all_meet(3);
    assert_begins(false);
    all_meet(1);
    assert_begins(true);
}

/* Twice as many sweeps as the last time, up to a minute: 256 of a quarter second. */
static void each_time_it_waits_longer(void **state)
{
    (void)state;
    ready();
    for (unsigned times = 1, sweeps = 2; times < 12; times++, sweeps = sweeps < 256 ? 2 * sweeps : 256) {
        assert_begins(true);
        keeper.watch.sweeps += 10000; /* how long it held makes no difference */
        mode_leave_unified("a test");
        all_meet(4);
        for (unsigned sweep = 1; sweep < sweeps; sweep++) {
            keeper.watch.sweeps++;
            assert_begins(false);
        }
        keeper.watch.sweeps++;
    }
    assert_int_equal(left, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_all_of_them_it_begins),
        cmocka_unit_test(one_cpu_without_it_is_enough),
        cmocka_unit_test(each_pair_has_met_four_times),
        cmocka_unit_test(each_pair_would_have_shown_1_us),
        cmocka_unit_test(outlooks_agree_and_not_only_just),
        cmocka_unit_test(not_against_the_command_line),
        cmocka_unit_test(the_skew_is_the_larger_one),
        cmocka_unit_test(the_step_is_what_lines_were_apart),
        cmocka_unit_test(the_causal_word_begins_anew),
        cmocka_unit_test(what_was_met_before_does_not_count),
        cmocka_unit_test(each_time_it_waits_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
