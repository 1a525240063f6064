/* sources: hv/keeper/watch.c hv/time/align.c hv/time/line.c */
/* flags: -include test/unit/sim_cpu.h */
/*
 * The watch, by the rules of docs/clock.md: what ends unified mode, who is counted as missed, and who tells
 * that a disruption has ended.
 */
#include "watch_fixture.h"

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

/* One that is left out never comes, and nobody misses it. */
static void who_is_left_out_is_not_missed(void **state)
{
    (void)state;
    new_machine(3);
    clocks[1].measured = false;
    for (unsigned period = 0; period < 20; period++)
        look_but(1);
    assert_int_equal(heard.woken[1], 0);
    assert_int_equal(heard.stopped, 0);
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
        cmocka_unit_test(a_tsc_behind_one_already_seen_ends_it),
        cmocka_unit_test(the_highest_is_kept),
        cmocka_unit_test(outlooks_without_a_common_r_end_it),
        cmocka_unit_test(a_sweep_is_a_period),
        cmocka_unit_test(who_came_is_not_missed),
        cmocka_unit_test(who_is_not_seen_is_nudged_and_then_stopped),
        cmocka_unit_test(who_is_left_out_is_not_missed),
        cmocka_unit_test(who_returns_counts_again),
        cmocka_unit_test(its_end_is_told_when_all_bounds_are_known),
        cmocka_unit_test(another_tells_it_where_that_one_stopped),
        cmocka_unit_test(without_a_disruption_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
