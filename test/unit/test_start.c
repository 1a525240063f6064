/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h */
/*
 * What start-up makes of a machine: which mode, on which scale a CPU's line runs, whether S is steered. The
 * machine has no chance in it, and its meetings may see nothing: then the reference must tell.
 */
#include "seed_machine.h"
#include "keeper/publisher.h"

#define HZ   (3 * SECOND)
#define CPUS 3u

static uint64_t time_on(unsigned cpu)
{
    return line_read(&published_for(cpu)->line, tsc_of(cpu));
}

static int64_t true_ref_ns(void)
{
    return (int64_t)(machine.now_ns - keeper.tie.origin * 10);
}

/* T3, and a bound that is of use. */
static void assert_true_time(unsigned cpu)
{
    uint64_t age_ns = (tsc_of(cpu) - published_for(cpu)->line.tsc) * SECOND / machine.hz[cpu];
    uint64_t bound = published_for(cpu)->bound.ns;

    assert_true(bound < 20000);
    bound += age_ns * published_for(cpu)->bound.ppb / SECOND + 2;
    assert_true(llabs((long long)((int64_t)time_on(cpu) - true_ref_ns())) <= (long long)bound);
}

/* "All pairs are in step, and one R fits all" (docs/clock.md), or unified mode does not even begin. */
static void apart_by_the_reference_is_apart(void **state)
{
    (void)state;
    machine_new(CPUS, HZ);
    machine.unseen = true;
    machine.base[2] += 6000; /* 2 us; a star's bracket is 600 ns wide */
    machine_boot(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    assert_int_equal(keeper.watch.leaves, 0);
    machine_run(2 * SECOND);
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        assert_true_time(cpu);
}

/*
 * Two TSCs that cross: they are at one value just when the mode is chosen, so meetings and outlooks agree.
 * But a common line has one scale, and these differ by 0.1 %.
 */
static void other_rates_have_no_common_line(void **state)
{
    uint64_t cross_ns = 0;

    (void)state;
    for (unsigned turn = 0; turn < 2; turn++) {
        machine_new(CPUS, HZ);
        machine.unseen = true;
        machine.hz[1] += HZ / 1000;
        machine.base[1] -= cross_ns * (HZ / 1000) / SECOND;
        machine_boot(CLOCKMODE_AUTO);
        cross_ns = machine.aligned_ns;
    }
    machine.now_ns = cross_ns;
    assert_in_range(tsc_of(1) - tsc_of(0) + 3, 0, 6);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
}

/* "Rates differ: each CPU its own line" (docs/clock.md). Such a CPU is measured, and has the time. */
static void another_rate_is_no_reason_to_be_left_out(void **state)
{
    static const int64_t more[] = {HZ / 1000, -(int64_t)HZ / 1000, HZ, -(int64_t)HZ / 2};

    (void)state;
    for (unsigned i = 0; i < sizeof more / sizeof *more; i++) {
        machine_new(CPUS, HZ);
        machine.hz[1] += (uint64_t)more[i];
        machine_boot(CLOCKMODE_AUTO);
        assert_int_equal(keeper.mode, CLOCK_PERCPU);
        assert_true(keeper_cpu_measured(1));
        for (unsigned turn = 0; turn < 10; turn++) {
            assert_true_time(0);
            assert_true_time(1);
            assert_in_range(published_for(1)->hz, machine.hz[1] - 30000, machine.hz[1] + 30000);
            machine_run(SECOND);
        }
    }
}

/* A crystal that wanders, by 5 ppb a second, for two minutes: to 600 ppb. */
static void wander(void)
{
    for (unsigned s = 0; s < 120; s++) {
        for (unsigned cpu = 0; cpu < CPUS; cpu++) {
            uint64_t tsc = tsc_of(cpu);

            machine.hz[cpu] += 15;
            machine.base[cpu] += tsc - tsc_of(cpu);
        }
        machine_run(SECOND);
    }
}

/* "discipline=off: S keeps the rate that was measured at the start" (docs/clock.md). */
static void s_is_steered_unless_it_is_told_not_to_be(void **state)
{
    (void)state;
    for (enum clockmode mode = CLOCKMODE_UNIFIED; mode <= CLOCKMODE_PERCPU; mode++) {
        for (unsigned off = 0; off < 2; off++) {
            struct tsc_scale first;

            machine_new(CPUS, HZ);
            machine.free_running = off;
            machine_boot(mode);
            assert_int_equal(keeper.mode, mode == CLOCKMODE_UNIFIED ? CLOCK_UNIFIED : CLOCK_PERCPU);
            first = published_for(2)->line.scale;
            wander();
            assert_int_equal(published_for(2)->line.scale.mul == first.mul, off);
            if (off)
                assert_in_range((int64_t)time_on(2) - true_ref_ns(), 30000, 40000); /* 5 ppb/s t^2 / 2 */
            else
                assert_true_time(2);
            assert_in_range(published_for(2)->hz, machine.hz[2] - 300, machine.hz[2] + 300);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apart_by_the_reference_is_apart),
        cmocka_unit_test(other_rates_have_no_common_line),
        cmocka_unit_test(another_rate_is_no_reason_to_be_left_out),
        cmocka_unit_test(s_is_steered_unless_it_is_told_not_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
