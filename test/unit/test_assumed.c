/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h */
/*
 * The page of assumptions is gathered from all CPUs once a period, and when a look changed something; and no
 * record counts a breach before the page tells it. The whole keeper, on 64 CPUs.
 */
#define MACHINE_CPUS 64u
#include "seed_machine.h"

#include "meridian/breach.h"

#define HZ      1000000000ull /* a tick is a ns */
#define PERIODS 40u
#define LENGTH  (PERIODS * PERIOD_NS)
#define PPM     (HZ / 1000000)

static struct {
    struct time_domain domain;
    struct time_vcpu vcpus[MACHINE_CPUS];
    struct meridian_record records[1 + MACHINE_CPUS];
    struct meridian_assumed page;
    uint32_t wall[4];
} guest;

static void add_guest(void)
{
    memset(&guest, 0, sizeof guest);
    guest.domain = (struct time_domain){.vcpu_count = machine.cpus,
                                        .vcpus = guest.vcpus,
                                        .common = &guest.records[0],
                                        .wc_version = &guest.wall[0],
                                        .wc_sec = &guest.wall[1],
                                        .wc_nsec = &guest.wall[2],
                                        .wc_sec_hi = &guest.wall[3],
                                        .assumed = &guest.page};
    for (unsigned i = 0; i < machine.cpus; i++)
        guest.vcpus[i] = (struct time_vcpu){.cpu = i, .slot = &guest.records[1 + i]};
    keeper_add_domain(&guest.domain);
}

static void boot_cpus(unsigned cpus, enum clockmode mode)
{
    machine_new(cpus, HZ);
    machine.wander_ppb_s = WANDER_LEARNED;
    machine_boot(mode);
}

static void boot(enum clockmode mode)
{
    boot_cpus(MACHINE_CPUS, mode);
}

/* Each gathering moves the page's version on by 2. */
static unsigned gatherings(void)
{
    return keeper.assumptions.page.version / 2;
}

static unsigned gatherings_in(uint64_t ns)
{
    unsigned before = gatherings();

    machine_run(ns);
    return gatherings() - before;
}

static void once_a_period_in_per_cpu_mode(void **state)
{
    (void)state;
    boot(CLOCKMODE_PERCPU);
    add_guest();
    assert_in_range(gatherings_in(LENGTH), PERIODS - 1, PERIODS + 1);
    assert_int_equal(guest.page.version, keeper.assumptions.page.version);
}

static void once_a_period_in_unified_mode(void **state)
{
    (void)state;
    boot(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    add_guest();
    assert_in_range(gatherings_in(LENGTH), PERIODS - 1, PERIODS + 1);
}

/* One at the start, and one for a domain that is added. */
static void not_for_every_cpu_that_starts(void **state)
{
    (void)state;
    boot(CLOCKMODE_PERCPU);
    assert_int_equal(gatherings(), 1);
    add_guest();
    assert_int_equal(gatherings(), 2);
    assert_int_equal(guest.page.version, 4);
    assert_int_equal(guest.page.wander_ppb_s, 100);
}

/* CPUs that learn nothing leave the page alone, however often they look. */
static void looks_alone_change_nothing(void **state)
{
    unsigned before;

    (void)state;
    boot(CLOCKMODE_PERCPU);
    machine_run(SECOND);
    before = gatherings();
    for (machine.cpu = 0; machine.cpu < machine.cpus; machine.cpu++)
        keeper.look_now();
    machine.cpu = 0;
    assert_int_equal(gatherings(), before);
}

/* ---- Who counts a breach, and what the page tells then ---- */

static unsigned counted_by(const struct meridian_record *record)
{
    return record->flags >> MERIDIAN_BREACH_SHIFT;
}

/* After each alarm. */
static void no_record_is_ahead_of_the_page(void)
{
    for (unsigned i = 0; i <= machine.cpus; i++)
        assert_in_range(counted_by(&guest.records[i]), 0, meridian_breaches(&guest.page));
}

static void run_and_look(uint64_t ns)
{
    for (uint64_t end_ns = machine.now_ns + ns; machine.now_ns < end_ns;) {
        machine_run(PERIOD_NS / 1000);
        no_record_is_ahead_of_the_page();
    }
}

/* From now on that CPU's TSC is faster; it does not leap. */
static void rate_steps(unsigned cpu, uint64_t hz)
{
    uint64_t before = tsc_of(cpu);

    machine.hz[cpu] += hz;
    machine.base[cpu] -= tsc_of(cpu) - before;
}

static void a_breach_is_on_the_page_before_any_record_counts_it(void **state)
{
    unsigned before;
    uint64_t told;

    (void)state;
    boot(CLOCKMODE_PERCPU);
    add_guest();
    run_and_look(10 * SECOND);
    before = gatherings();
    rate_steps(40, 2 * PPM);
    run_and_look(10 * SECOND);
    told = meridian_breaches(&guest.page);
    assert_in_range(told, 1, 63);
    assert_int_equal(told, keeper.assumptions.page.breaches);
    assert_int_equal(counted_by(&guest.records[1 + 40]), told);
    assert_int_equal(counted_by(&guest.records[1 + 63]), told);
    assert_true(guest.page.wander_ppb_s > 100 || guest.page.phase_ns > 0);
    assert_in_range(gatherings() - before, PERIODS, 2 * PERIODS);
}

static uint32_t most_wander(void)
{
    uint32_t most = 0;

    for (unsigned i = 0; i < machine.cpus; i++) {
        if (clock_of(i)->known.outlook.wander_ppb_s > most)
            most = clock_of(i)->known.outlook.wander_ppb_s;
    }
    return most;
}

static void run_until_it_is(uint32_t wander_ppb_s, uint64_t ns)
{
    for (uint64_t end_ns = machine.now_ns + ns;
         machine.now_ns < end_ns && guest.page.wander_ppb_s != wander_ppb_s;) {
        machine_run(PERIOD_NS / 1000);
        assert_int_equal(guest.page.wander_ppb_s, most_wander());
    }
    assert_int_equal(guest.page.wander_ppb_s, wander_ppb_s);
}

/* At the very look: not a period later, when the next gathering is due. D goes down after 80 s, and up. */
static void what_a_cpu_learns_is_on_the_page_at_once(void **state)
{
    (void)state;
    boot_cpus(8, CLOCKMODE_PERCPU);
    add_guest();
    run_until_it_is(47, 100 * SECOND);
    rate_steps(7, PPM / 2);
    run_until_it_is(100, 5 * SECOND);
}

/* In the look that leaves it, and in the one that enters it: that one has gathered for its period already. */
static void the_page_is_gathered_when_the_mode_changes(void **state)
{
    unsigned before, in_step = 0;

    (void)state;
    boot_cpus(3, CLOCKMODE_AUTO); /* of few CPUs all pairs have soon met */
    machine_run(SECOND);
    before = gatherings();
    mode_leave_unified("for this test");
    keeper.look_now();
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    assert_int_equal(gatherings(), before + 1);
    for (unsigned i = 0; i < 1000000 && keeper.mode == CLOCK_PERCPU; i++)
        in_step = gatherings_in(10000);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    assert_int_equal(in_step, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_a_period_in_per_cpu_mode),
        cmocka_unit_test(once_a_period_in_unified_mode),
        cmocka_unit_test(not_for_every_cpu_that_starts),
        cmocka_unit_test(looks_alone_change_nothing),
        cmocka_unit_test(a_breach_is_on_the_page_before_any_record_counts_it),
        cmocka_unit_test(what_a_cpu_learns_is_on_the_page_at_once),
        cmocka_unit_test(the_page_is_gathered_when_the_mode_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
