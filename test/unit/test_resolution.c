/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h */
/*
 * T2's resolution: TSCs that no meeting could have seen apart by 1 us are not called in step, at start-up or
 * later. The whole keeper on a machine without chance.
 */
#include "seed_machine.h"

#define HZ 1000000000ull /* a tick is a ns */

static void boot(int64_t extent_ticks, uint64_t one_way_ns)
{
    machine_new(3, HZ);
    machine.extent_ticks = extent_ticks;
    machine.one_way_ns = one_way_ns;
    machine_boot(CLOCKMODE_AUTO);
}

static void meetings_as_tight_as_1_us_are_believed(void **state)
{
    (void)state;
    boot(1000, 300);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    assert_int_equal(keeper.resolution, 1000);
}

static void wider_ones_are_not(void **state)
{
    (void)state;
    boot(1002, 300);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
}

/* Once all pairs have met four times at run time, and each pair tightly once. */
static void tight_ones_at_run_time_will_do(void **state)
{
    (void)state;
    boot(5000, 300);
    machine_run(5 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    assert_in_range(keeper.resolution, 300, 400);
}

static void wide_ones_never(void **state)
{
    (void)state;
    boot(5000, 1100);
    machine_run(20 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    machine.one_way_ns = 300;
    machine_run(2 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
}

/* Too little for the reference to tell, but meetings did. */
static void apart_by_a_meeting_is_apart(void **state)
{
    (void)state;
    machine_new(3, HZ);
    machine.base[1] += 100;
    machine_boot(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
}

static void who_did_not_meet_is_not_in_step(void **state)
{
    (void)state;
    machine_new(3, HZ);
    machine.missed = true;
    machine_boot(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    machine_run(5 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
}

/* Not before each pair has met four times: three rounds, four periods of each. */
static void not_before_all_have_met_four_times(void **state)
{
    (void)state;
    boot(5000, 300);
    machine_run(2 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
}

static void never_where_the_command_line_says_so(void **state)
{
    (void)state;
    machine_new(3, HZ);
    machine_boot(CLOCKMODE_PERCPU);
    machine_run(20 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
}

/* Each time that it was left it is longer until it is tried again. */
static void who_left_often_waits_long(void **state)
{
    (void)state;
    boot(300, 300);
    for (unsigned left = 0; left < 6; left++) {
        machine_run(SECOND);
        machine.base[2] += 9000;
        machine_run(SECOND);
        assert_int_equal(keeper.mode, CLOCK_PERCPU);
        machine.base[2] -= 9000;
        if (left < 5)
            machine_run(40 * SECOND);
        else
            machine_run(12 * SECOND);
        assert_int_equal(keeper.mode, left < 5 ? CLOCK_UNIFIED : CLOCK_PERCPU);
    }
    machine_run(30 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
}

/* Under a hypervisor no limit holds; what was measured is told. */
static void where_there_is_no_limit_it_is_told(void **state)
{
    (void)state;
    boot(300, 300);
    keeper.resolution_most = INT64_MAX;
    machine.one_way_ns = 4000;
    machine.base[2] += 9000; /* out of step, and back */
    machine_run(SECOND);
    machine.base[2] -= 9000;
    machine_run(20 * SECOND);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    assert_in_range(keeper.resolution, 4000, 4100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meetings_as_tight_as_1_us_are_believed),
        cmocka_unit_test(wider_ones_are_not),
        cmocka_unit_test(tight_ones_at_run_time_will_do),
        cmocka_unit_test(wide_ones_never),
        cmocka_unit_test(apart_by_a_meeting_is_apart),
        cmocka_unit_test(who_did_not_meet_is_not_in_step),
        cmocka_unit_test(not_before_all_have_met_four_times),
        cmocka_unit_test(never_where_the_command_line_says_so),
        cmocka_unit_test(who_left_often_waits_long),
        cmocka_unit_test(where_there_is_no_limit_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
