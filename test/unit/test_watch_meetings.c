/* sources: hv/keeper/watch.c hv/time/align.c hv/time/line.c */
/* flags: -include test/unit/sim_cpu.h */
/* Which CPUs meet at run time, and what follows from the outcome: docs/clock.md has the rules. */
#include "watch_fixture.h"

#define PERIOD 1000u /* any one */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_meets_once),
        cmocka_unit_test(both_know_the_number_and_it_grows),
        cmocka_unit_test(once_a_period),
        cmocka_unit_test(nobody_waits_for_one_that_does_not_come),
        cmocka_unit_test(the_outcome_is_that_pairs),
        cmocka_unit_test(a_pair_that_is_apart_ends_unified_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
