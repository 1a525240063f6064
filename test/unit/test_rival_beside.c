/* sources: sim keeper */
/* flags: -lm -Itest/sim -include test/sim/sim_cpu.h */
/* The table's rivals on the simulator's own clocks: in a quiet world each is as good as its method is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "beside.h"
#include "world.h"

enum { SEED, XEN_CONSTANT, XEN_STEPPED, KVM, XEN_CLAMPED, NTPD, CHRONY, KINDS };

#define US        1000u
#define PPM       86.4e6 /* as ns a day */
#define LENGTH_NS (60 * SECOND)

static struct score ours, rival[KINDS];
static uint64_t tsc_at_end;

/* One crystal that does not wander; timers on time, a host without others, reads far apart. */
static const struct scene quiet = {
    "quiet",          .cpus = 4,        .seed = 1,        .wander = 1,
    .hz = 2600000900, .late_ns = 20000, .stall_ns = 3000, .length_ns = LENGTH_NS};

static void keep_time(const struct scene *scene)
{
    memset(rival, 0, sizeof rival);
    beside_wanted(true);
    assert_true(run(scene));
    assert_true(beside_end(&ours, rival));
    beside_wanted(false);
    tsc_at_end = tsc_of(0);
}

/* Ten minutes of the table's first machine, whose crystal wanders a little. */
static void xen_stepped_is_good_to_microseconds(void **state)
{
    struct scene table = quiet;

    (void)state;
    table.wander = 10;
    table.hz = 2999999523;
    table.length_ns = 10 * LENGTH_NS;
    keep_time(&table);
    assert_true(rival[XEN_STEPPED].reads > 200000);
    /* Readings are 150 ns wide, and now and then a stall of 3 us is in one, or in a release. */
    assert_in_range(rival[XEN_STEPPED].worst_error_ns, 100, 10 * US);
    assert_in_range(rival[XEN_STEPPED].worst_spread_ns, 50, 10 * US);
    assert_true(rival[XEN_STEPPED].worst_self_ns < 1 * US);
    assert_true(rival[XEN_STEPPED].drift_ns_per_day < 0.1 * PPM &&
                rival[XEN_STEPPED].drift_ns_per_day > -0.1 * PPM);
}

/* 50 ms with a reading's width at each end: 3 ppm at most. One line for all, so they stay together. */
static void xen_constant_is_good_to_its_boot(void **state)
{
    (void)state;
    keep_time(&quiet);
    assert_in_range(rival[XEN_CONSTANT].worst_spread_ns, 0, 100);
    assert_int_equal(rival[XEN_CONSTANT].behind, 0);
    assert_true(rival[XEN_CONSTANT].drift_ns_per_day < 3 * PPM &&
                rival[XEN_CONSTANT].drift_ns_per_day > -3 * PPM);
}

/* 2600000.9 kHz, of which it keeps the whole ones: fast by 0.35 ppm, give or take 0.1 for readings. */
static void kvm_is_good_to_its_khz(void **state)
{
    (void)state;
    keep_time(&quiet);
    assert_int_equal(rival[KVM].worst_spread_ns, 0);
    assert_int_equal(rival[KVM].behind, 0);
    assert_true(rival[KVM].drift_ns_per_day < 0.6 * PPM && rival[KVM].drift_ns_per_day > 0.1 * PPM);
    assert_in_range(rival[KVM].worst_error_ns, 5 * US, 40 * US);
}

/* The same clocks as the guest reads them: no step, and as far from the truth. */
static void xen_clamped_is_as_good_and_in_order(void **state)
{
    (void)state;
    keep_time(&quiet);
    assert_int_equal(rival[XEN_CLAMPED].behind, 0);
    assert_int_equal(rival[XEN_CLAMPED].worst_self_ns, 0);
    assert_in_range(rival[XEN_CLAMPED].worst_error_ns, 100, 10 * US);
}

/* One line for all. After ten minutes of a crystal that wanders each filter follows it, by its own law. */
static void linux_is_good_to_its_filter(void **state)
{
    struct scene table = quiet;

    (void)state;
    table.wander = 10;
    table.hz = 2999999523;
    table.length_ns = 10 * LENGTH_NS;
    keep_time(&table);
    for (unsigned kind = NTPD; kind <= CHRONY; kind++) {
        assert_true(rival[kind].reads > 200000);
        assert_int_equal(rival[kind].behind, 0);
        assert_in_range(rival[kind].worst_spread_ns, 0, 1);
    }
    assert_in_range(rival[CHRONY].worst_error_ns, 2 * US, 25 * US);
    assert_in_range(rival[NTPD].worst_error_ns, 5 * US, 60 * US);
}

/* Its worst error is CPU 0's TSC since reset; its rate is good to the ppm of a 50 ms measurement. */
static void the_2005_clock_is_off_by_its_own_faults(void **state)
{
    uint64_t up_s;

    (void)state;
    keep_time(&quiet);
    up_s = tsc_at_end / 2600000900u - 60;
    assert_in_range(rival[SEED].worst_error_ns / 1000000000u, up_s - 2, up_s + 2);
    assert_int_equal(rival[SEED].back_self, 0);
    assert_true(rival[SEED].drift_ns_per_day < 8 * PPM && rival[SEED].drift_ns_per_day > -8 * PPM);
}

/* The keeper's run is the same with them as without. */
static void they_change_nothing(void **state)
{
    struct random luck;
    uint64_t reads = tally.reads;
    long double now_ns;

    (void)state;
    keep_time(&quiet);
    reads = tally.reads - reads;
    luck = world.r;
    now_ns = world.now_ns;
    tally.reads = 0;
    assert_true(run(&quiet));
    assert_false(beside_end(&ours, rival));
    assert_int_equal(tally.reads, reads);
    assert_int_equal(world.r.state, luck.state);
    assert_true(world.now_ns == now_ns && tsc_of(0) == tsc_at_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xen_stepped_is_good_to_microseconds),
        cmocka_unit_test(xen_constant_is_good_to_its_boot),
        cmocka_unit_test(kvm_is_good_to_its_khz),
        cmocka_unit_test(xen_clamped_is_as_good_and_in_order),
        cmocka_unit_test(linux_is_good_to_its_filter),
        cmocka_unit_test(the_2005_clock_is_off_by_its_own_faults),
        cmocka_unit_test(they_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
