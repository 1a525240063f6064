/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h */
/*
 * How the lines of CPUs meet again after a disruption: by one anchor, the greatest that any of them needs
 * (docs/clock.md, "Where S goes on" and "How the lines meet again"). In per-CPU mode, on a machine without
 * chance.
 */
#include "seed_machine.h"
#include "keeper/publisher.h"

#define HZ      (3 * SECOND)
#define CPUS    3u
#define PERIODS (SECOND / 4) /* a period, as a length of time */

static void boot(void)
{
    machine_new(CPUS, HZ);
    for (unsigned cpu = 1; cpu < CPUS; cpu++)
        machine.base[cpu] += cpu * 777777777;
    machine_boot(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    machine_run(10 * SECOND);
}

static uint64_t time_on(unsigned cpu)
{
    return line_read(&published_for(cpu)->line, tsc_of(cpu));
}

static uint64_t bound_on(unsigned cpu)
{
    return published_for(cpu)->bound.ns;
}

/* T2: read at one moment, two CPUs' times are no more apart than their bounds, which are known and of use. */
static void assert_lines_met(void)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        assert_true(bound_on(cpu) < 20000);
        assert_true(llabs((long long)(time_on(cpu) - time_on(0))) < (long long)(bound_on(cpu) + bound_on(0)));
    }
}

/* "S never goes more than 2 s beyond what it last was there for certain", however far R leaps. */
static void a_reference_that_leaps_takes_s_no_farther_than_2_s(void **state)
{
    uint64_t before[CPUS];

    (void)state;
    boot();
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        before[cpu] = time_on(cpu);
    machine.ref_ahead_ns = 10 * (int64_t)SECOND;
    machine_run(3 * SECOND);
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        assert_in_range(time_on(cpu) - before[cpu], 3 * SECOND - 10000, 5 * SECOND + SECOND / 1000);
    assert_lines_met();
}

/* The anchor of one disruption is none of the next: R leaps back, so S is ahead of it, and then far ahead. */
static void each_disruption_has_an_anchor_of_its_own(void **state)
{
    uint64_t before;

    (void)state;
    boot();
    machine.ref_ahead_ns = -5 * (int64_t)SECOND;
    machine_run(3 * SECOND);
    assert_lines_met();
    before = time_on(0);
    machine.ref_ahead_ns = 20 * (int64_t)SECOND;
    machine_run(3 * SECOND);
    assert_in_range(time_on(0) - before, 3 * SECOND - 10000, 5 * SECOND + SECOND / 1000);
    assert_lines_met();
}

/* "A CPU that comes late and needs more makes all begin again": its S is a second ahead of theirs. */
static void who_comes_late_and_needs_more_takes_all_along(void **state)
{
    uint64_t late;

    (void)state;
    boot();
    machine.stopped[2] = true;
    machine_run(3 * SECOND);
    machine.ref_ahead_ns = -(int64_t)SECOND / 10;
    machine_run(3 * SECOND);
    assert_true(bound_on(0) < 20000 && bound_on(1) < 20000); /* they have settled without it */
    machine.base[2] += HZ;
    machine.stopped[2] = false;
    late = time_on(2);
    assert_true(late > time_on(0) + SECOND / 2);
    machine_run(3 * SECOND);
    assert_true(time_on(2) >= late + 3 * SECOND - 1000000);
    assert_lines_met();
}

/*
 * "The bound reads unknown", on a CPU too whose own look failed: what it knows is from before. And as long as
 * it has not said what it needs, there is no anchor for the others.
 */
static void who_has_not_seen_the_disruption_has_no_bound(void **state)
{
    (void)state;
    boot();
    machine.blind[1] = true;
    machine.ref_ahead_ns = (int64_t)SECOND;
    machine_run(2 * PERIODS);
    assert_int_equal(keeper.epoch, 1);
    for (unsigned turn = 0; turn < 8; turn++) {
        for (unsigned cpu = 0; cpu < CPUS; cpu++)
            assert_true(bound_on(cpu) == UINT64_MAX);
        machine_run(PERIODS);
    }
    machine.blind[1] = false;
    machine_run(10 * PERIODS); /* 8 from the last thing that was wrong (T6), once it has looked */
    assert_lines_met();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_that_leaps_takes_s_no_farther_than_2_s),
        cmocka_unit_test(each_disruption_has_an_anchor_of_its_own),
        cmocka_unit_test(who_comes_late_and_needs_more_takes_all_along),
        cmocka_unit_test(who_has_not_seen_the_disruption_has_no_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
