/* sources: hv/keeper/watch.c hv/time/align.c hv/time/line.c */
/* flags: -include test/unit/sim_cpu.h */
/*
 * The watch by itself, by the rules of docs/clock.md: who meets whom, what ends unified mode, who is counted
 * as missed, and who tells that a disruption has ended. Meetings, publisher and log are stand-ins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/smp.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/meeting.h"
#include "keeper/watch.h"

#define CPUS_MOST 6u
#define PERIOD    1000u /* any one */

struct keeper keeper;

static struct cpu_clock clocks[CPUS_MOST];
static struct pair table[CPUS_MOST * CPUS_MOST];
static struct published told[CPUS_MOST];
static struct consensus outlooks; /* what publish_gather says */
static unsigned cpu, counting, left;
static uint64_t now, now_ns;

static struct heard {
    unsigned stopped, returned, ended; /* lines */
    unsigned who;                      /* in the last one */
    uint64_t delay_ns;
    unsigned woken[CPUS_MOST];
} heard;

static struct met {
    unsigned leads[CPUS_MOST][CPUS_MOST], follows[CPUS_MOST][CPUS_MOST]; /* [who][whom] */
    uint64_t number;                                                     /* of the last one */
    struct offset shows;
} met;

static struct {
    unsigned count, a, b;
    struct offset offset;
    uint64_t since;
} shown; /* snapshot_met */

uint64_t rdtsc_ordered(void)
{
    return now;
}

unsigned cpu_id(void)
{
    return cpu;
}

bool lock_take(struct lock *lock)
{
    assert_int_equal(lock->held, 0);
    lock->held = 1;
    return true;
}

void lock_release(struct lock *lock, bool were_on)
{
    assert_true(were_on);
    lock->held = 0;
}

void smp_wake(unsigned id)
{
    heard.woken[id]++;
}

void announce_stopped(unsigned who)
{
    heard.stopped++;
    heard.who = who;
}

void announce_returned(unsigned who)
{
    heard.returned++;
    heard.who = who;
}

void announce_established(uint64_t delay_ns)
{
    heard.ended++;
    heard.delay_ns = delay_ns;
}

void meeting_lead_soon(unsigned other, uint64_t meeting, struct offset *offset)
{
    met.leads[cpu][other]++;
    met.number = meeting;
    *offset = met.shows;
    now += 10;
}

void meeting_follow_soon(unsigned leader, uint64_t meeting)
{
    met.follows[cpu][leader]++;
    met.number = meeting;
}

void snapshot_met(unsigned a, unsigned b, struct offset offset, uint64_t since)
{
    assert_int_equal(keeper.lock.held, 1);
    shown.count++;
    shown.a = a, shown.b = b;
    shown.offset = offset;
    shown.since = since;
}

struct consensus publish_gather(uint64_t tsc)
{
    assert_int_equal(tsc, now);
    return outlooks;
}

const struct published *published_for(unsigned id)
{
    return &told[id];
}

void mode_leave_unified(const char *why)
{
    assert_non_null(why);
    left++;
    keeper.mode = CLOCK_PERCPU;
}

unsigned mode_cpus_that_count(void)
{
    return counting;
}

uint64_t keeper_now_ns(void)
{
    return now_ns;
}

static void new_machine(unsigned cpus)
{
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(table, 0, sizeof table);
    memset(&heard, 0, sizeof heard);
    memset(&met, 0, sizeof met);
    memset(&shown, 0, sizeof shown);
    keeper.cpus = counting = cpus;
    keeper.clocks = clocks;
    keeper.mode = CLOCK_UNIFIED;
    met.shows = (struct offset){-40, 30};
    left = cpu = 0;
    now = 500000;
    now_ns = 900000;
    pairs_start(&keeper.watch.pairs, cpus, table);
    for (unsigned i = 0; i < cpus; i++) {
        clocks[i].measured = true;
        told[i].bound = (struct bound){100, 50};
    }
}

/* ---- Meetings ---- */

static void meet_in(uint64_t period)
{
    for (cpu = 0; cpu < keeper.cpus; cpu++)
        watch_meet(clock_of(cpu), period);
}

/* In N - 1 periods, or N where N is odd, every pair has met once; the smaller id leads. */
static void every_pair_meets_once(void **state)
{
    (void)state;
    for (unsigned cpus = 1; cpus <= CPUS_MOST; cpus++) {
        new_machine(cpus);
        for (uint64_t period = 0; period < (cpus % 2 ? cpus : cpus - 1); period++)
            meet_in(PERIOD + period);
        for (unsigned a = 0; a < cpus; a++) {
            for (unsigned b = 0; b < cpus; b++) {
                assert_int_equal(met.leads[a][b], a < b);
                assert_int_equal(met.follows[a][b], a > b);
            }
        }
    }
}

static void both_know_the_number_and_it_grows(void **state)
{
    uint64_t before = 1ull << 32; /* start-up's are below */

    (void)state;
    new_machine(2);
    for (uint64_t period = PERIOD; period < PERIOD + 5; period++) {
        uint64_t number;

        cpu = 0;
        watch_meet(clock_of(0), period);
        number = met.number;
        met.number = 0;
        cpu = 1;
        watch_meet(clock_of(1), period);
        assert_true(met.number == number && number >= before);
        before = number + 1;
    }
}

/* A look out of its time, in the same period: the partner comes once. */
static void once_a_period(void **state)
{
    (void)state;
    new_machine(2);
    for (unsigned times = 0; times < 3; times++)
        meet_in(PERIOD);
    assert_int_equal(met.leads[0][1], 1);
    assert_int_equal(met.follows[1][0], 1);
    meet_in(PERIOD + 1);
    assert_int_equal(met.leads[0][1], 2);
}

/* One that stopped does not come, nor one that is left out: nobody spends 20 us on it. */
static void nobody_waits_for_one_that_does_not_come(void **state)
{
    (void)state;
    new_machine(4);
    clocks[3].watched.silent = STOPPED_PERIODS;
    clocks[1].measured = false;
    for (uint64_t period = 0; period < 3; period++) {
        for (cpu = 0; cpu < 4; cpu += 2)
            watch_meet(clock_of(cpu), PERIOD + period);
    }
    for (unsigned a = 0; a < 4; a++) {
        assert_int_equal(met.leads[a][1] + met.leads[a][3], 0);
        assert_int_equal(met.follows[a][1] + met.follows[a][3], 0);
    }
    assert_int_equal(met.leads[0][2] + met.follows[2][0], 2);
}

/* It is the pair's word, for the mode and for what is shown: the smaller id first. */
static void the_outcome_is_that_pairs(void **state)
{
    (void)state;
    new_machine(2);
    for (uint64_t period = 0; period < PAIRS_PASSES; period++) {
        assert_false(pairs_in_step(&keeper.watch.pairs, 0, 1));
        meet_in(PERIOD + period);
    }
    assert_true(pairs_in_step(&keeper.watch.pairs, 0, 1));
    assert_int_equal(pairs_extent(&keeper.watch.pairs, 0, 1), 40);
    assert_int_equal(shown.count, PAIRS_PASSES);
    assert_true(shown.a == 0 && shown.b == 1 && shown.offset.lo == -40 && shown.offset.hi == 30);
    assert_int_equal(shown.since, now - 10); /* when it began */
    assert_int_equal(left, 0);
    assert_int_equal(keeper.lock.held, 0);
}

/* One violation ends unified mode, in either direction; a meeting that was missed says nothing. */
static void a_pair_that_is_apart_ends_unified_mode(void **state)
{
    static const struct offset apart[] = {{1, 50}, {-50, -1}};

    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        new_machine(2);
        met.shows = OFFSET_UNKNOWN;
        meet_in(PERIOD);
        assert_int_equal(left, 0);
        met.shows = apart[way];
        meet_in(PERIOD + 1);
        assert_int_equal(left, 1);
        meet_in(PERIOD + 2); /* in per-CPU mode there is nothing to leave */
        assert_int_equal(left, 1);
    }
}

/* ---- The causal word, and the reference ---- */

static bool comes(unsigned who, uint64_t tsc)
{
    cpu = who;
    now = tsc;
    return watch_causality();
}

static void a_tsc_behind_one_already_seen_ends_it(void **state)
{
    (void)state;
    new_machine(3);
    assert_true(comes(0, 1000));
    assert_true(comes(1, 1500));
    assert_true(comes(2, 1500));
    assert_int_equal(left, 0);
    assert_false(comes(0, 1499));
    assert_int_equal(left, 1);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
}

/* Not behind the last one alone: behind any. */
static void the_highest_is_kept(void **state)
{
    (void)state;
    new_machine(3);
    assert_true(comes(0, 2000));
    assert_false(comes(1, 1400));
    assert_false(comes(2, 1500));
    assert_true(comes(0, 2000));
}

static void outlooks_without_a_common_r_end_it(void **state)
{
    (void)state;
    new_machine(3);
    outlooks = (struct consensus){.agree = true, .count = 3};
    watch_agreement();
    assert_int_equal(left, 0);
    outlooks.agree = false;
    outlooks.count = 2; /* one has not looked since a disruption: not yet known */
    watch_agreement();
    assert_int_equal(left, 0);
    outlooks.count = 3;
    watch_agreement();
    assert_int_equal(left, 1);
}

/* ---- Sweeps ---- */

static bool look(unsigned who)
{
    cpu = who;
    watch_returned(clock_of(who));
    return watch_others(clock_of(who));
}

static unsigned look_but(unsigned silent)
{
    unsigned ended = 0;

    for (unsigned who = 0; who < keeper.cpus; who++)
        ended += who != silent && look(who);
    return ended;
}

/* One ends when some CPU comes to its time base twice: as many as there are periods, however many CPUs. */
static void a_sweep_is_a_period(void **state)
{
    (void)state;
    for (unsigned cpus = 1; cpus <= CPUS_MOST; cpus++) {
        unsigned ended = 0;

        new_machine(cpus);
        for (unsigned period = 0; period < 50; period++)
            ended += look_but(CPUS_MOST);
        assert_in_range(ended, 49, 50);
        assert_in_range(keeper.watch.sweeps, 49, 50);
        for (unsigned who = 0; who < cpus; who++)
            assert_int_equal(clocks[who].watched.silent, 0);
        assert_int_equal(heard.stopped, 0);
    }
}

/* In any order: who comes first changes from period to period. */
static void who_came_is_not_missed(void **state)
{
    (void)state;
    new_machine(3);
    for (unsigned period = 0; period < 40; period++) {
        for (unsigned turn = 0; turn < 3; turn++)
            look((period * 2 + turn) % 3);
    }
    for (unsigned who = 0; who < 3; who++) {
        assert_in_range(clocks[who].watched.silent, 0, 1);
        assert_int_equal(heard.woken[who], 0);
    }
}

/* Not seen in two periods: a nudge, once. In eight: it has stopped, and a line says so, once. */
static void who_is_not_seen_is_nudged_and_then_stopped(void **state)
{
    (void)state;
    new_machine(3);
    look_but(CPUS_MOST);
    for (unsigned missed = 0; missed < 20; missed++) {
        assert_int_equal(heard.woken[1], missed > 2);
        assert_int_equal(clock_is_nudged(clock_of(1)), missed > 2);
        assert_int_equal(heard.stopped, missed > 8);
        assert_int_equal(clock_counts(clock_of(1)), missed <= 8);
        look_but(1); /* the first of these ends the sweep in which it came */
    }
    assert_int_equal(heard.who, 1);
    assert_int_equal(heard.woken[0] + heard.woken[2], 0);
}

/* It counts again, and all is published anew with it; who was only late is nobody that returned. */
static void who_returns_counts_again(void **state)
{
    (void)state;
    new_machine(2);
    for (unsigned missed = 0; missed < 5; missed++)
        look_but(1);
    cpu = 1;
    assert_false(watch_returned(clock_of(1)));
    assert_int_equal(clocks[1].watched.silent, 0);
    for (unsigned missed = 0; missed < 20; missed++)
        look_but(1);
    assert_int_equal(heard.stopped, 1);
    cpu = 1;
    assert_true(watch_returned(clock_of(1)));
    assert_true(clock_counts(clock_of(1)));
    assert_int_equal(heard.returned, 1);
    assert_int_equal(heard.who, 1);
    assert_false(watch_returned(clock_of(1)));
    assert_int_equal(heard.returned, 1);
}

/* ---- The end of a disruption ---- */

static void break_on(unsigned who)
{
    keeper.broken.cpu = who;
    keeper.broken.at_ns = 200000;
}

/* T6: unknown until it is established again, on every CPU. Told once, by the CPU that saw the disruption. */
static void its_end_is_told_when_all_bounds_are_known(void **state)
{
    (void)state;
    new_machine(3);
    break_on(1);
    cpu = 1;
    for (unsigned who = 0; who < 3; who++) {
        told[who].bound = BOUND_UNKNOWN;
        watch_established();
        assert_int_equal(heard.ended, 0);
        told[who].bound = (struct bound){100, 50};
    }
    for (cpu = 0; cpu < 3; cpu += 2)
        watch_established();
    assert_int_equal(heard.ended, 0);
    cpu = 1;
    watch_established();
    watch_established();
    assert_int_equal(heard.ended, 1);
    assert_int_equal(heard.delay_ns, 700000);
}

/* Nor does it wait for CPUs that do not count. */
static void another_tells_it_where_that_one_stopped(void **state)
{
    (void)state;
    new_machine(3);
    break_on(1);
    clocks[1].watched.silent = STOPPED_PERIODS;
    told[1].bound = BOUND_UNKNOWN;
    cpu = 2;
    watch_established();
    assert_int_equal(heard.ended, 1);
    cpu = 0;
    watch_established();
    assert_int_equal(heard.ended, 1);
}

static void without_a_disruption_nothing_is_told(void **state)
{
    (void)state;
    new_machine(2);
    watch_established();
    assert_int_equal(heard.ended, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_meets_once),
        cmocka_unit_test(both_know_the_number_and_it_grows),
        cmocka_unit_test(once_a_period),
        cmocka_unit_test(nobody_waits_for_one_that_does_not_come),
        cmocka_unit_test(the_outcome_is_that_pairs),
        cmocka_unit_test(a_pair_that_is_apart_ends_unified_mode),
        cmocka_unit_test(a_tsc_behind_one_already_seen_ends_it),
        cmocka_unit_test(the_highest_is_kept),
        cmocka_unit_test(outlooks_without_a_common_r_end_it),
        cmocka_unit_test(a_sweep_is_a_period),
        cmocka_unit_test(who_came_is_not_missed),
        cmocka_unit_test(who_is_not_seen_is_nudged_and_then_stopped),
        cmocka_unit_test(who_returns_counts_again),
        cmocka_unit_test(its_end_is_told_when_all_bounds_are_known),
        cmocka_unit_test(another_tells_it_where_that_one_stopped),
        cmocka_unit_test(without_a_disruption_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
