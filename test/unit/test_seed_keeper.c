/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h -Wl,--wrap=wallclock_base */
/*
 * What the patch of 2005 did wrong in the hypervisor (docs/mutation.md has the list), tried on ours: the
 * whole keeper on a machine that shows each fault to the ns. Guests read by their own header.
 */
#include "seed_machine.h"

static uint64_t reader_tsc(void);
#define MERIDIAN_TSC() reader_tsc()
#include "meridian/clock.h"

static struct meridian_record slots[MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *const pages[] = {slots};
static struct xen_time_record xen_records[MACHINE_CPUS];
static struct time_vcpu vcpus[MACHINE_CPUS];
static uint32_t wall[4];
static struct time_domain domain;
static unsigned reader_vcpu;
static struct meridian_counts counts;

static uint64_t reader_tsc(void)
{
    return tsc_of(vcpus[reader_vcpu].cpu);
}

static uint64_t where(void)
{
    return reader_vcpu;
}

static const struct meridian_clock clock_here = {.pages = pages, .where = where};

/* VCPU i on CPU `place[i]`; one for each CPU. */
static void add_guest(const unsigned *place)
{
    memset(slots, 0, sizeof slots);
    memset(xen_records, 0, sizeof xen_records);
    for (unsigned i = 0; i < machine.cpus; i++)
        vcpus[i] = (struct time_vcpu){
            .cpu = place[i], .xen = (volatile struct vcpu_time_info *)&xen_records[i], .slot = &slots[i + 1]};
    domain = (struct time_domain){.vcpu_count = machine.cpus,
                                  .vcpus = vcpus,
                                  .common = &slots[0],
                                  .wc_version = &wall[0],
                                  .wc_sec = &wall[1],
                                  .wc_nsec = &wall[2],
                                  .wc_sec_hi = &wall[3]};
    memset(wall, 0, sizeof wall);
    keeper_add_domain(&domain);
}

static void start(enum clockmode mode)
{
    static const unsigned at_home[] = {0, 1, 2, 3};

    machine_boot(mode);
    add_guest(at_home);
}

static struct meridian_interval read_on(unsigned vcpu)
{
    reader_vcpu = vcpu;
    return meridian_now(&clock_here, &counts);
}

static struct meridian_wall wall_on(unsigned vcpu)
{
    reader_vcpu = vcpu;
    return meridian_wall(&clock_here, &counts);
}

/* R is 0 at the keeper's first count, which is known once it has started. */
static int64_t true_ref_ns(void)
{
    return (int64_t)(machine.now_ns - keeper.tie.origin * 10);
}

/* Both of one instant: system time is R, as far as the bound goes, and the bound is of use. */
static void assert_true_time(unsigned vcpu)
{
    struct meridian_interval i = read_on(vcpu);
    int64_t error = (int64_t)i.now_ns - true_ref_ns();

    assert_true(i.err_ns < 20000);
    assert_in_range(error + (int64_t)i.err_ns, 0, 2 * i.err_ns);
}

/* UTC of the machine, to a us for the RTC's edge and the bound. */
static void assert_true_wall(unsigned vcpu)
{
    struct meridian_utc now = wall_on(vcpu).now;
    int64_t ns = (now.sec - BOOT_UTC_S) * (int64_t)SECOND + now.nsec;

    assert_in_range(ns - (int64_t)machine.now_ns + 20000, 0, 40000);
}

static const enum clockmode MODES[] = {CLOCKMODE_PERCPU, CLOCKMODE_UNIFIED};

/* ---- How CPUs begin ---- */

/* CPU 0's stamp was 0, so its clock had the TSC's 30 s of firmware in it; ours counts from the window. */
static void seed_boot_cpu_stamp(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 2; mode++) {
        machine_new(4, 3 * SECOND);
        start(MODES[mode]);
        assert_int_equal(keeper.mode, mode ? CLOCK_UNIFIED : CLOCK_PERCPU);
        for (unsigned vcpu = 0; vcpu < 4; vcpu++) {
            assert_true_time(vcpu);
            assert_in_range(read_on(vcpu).now_ns, 1, 3 * SECOND);
        }
    }
}

/* A fresh TSC beside the last tick's time, and a wall clock that was older by 50 ms for each CPU before. */
static void seed_new_cpu_gets_old_time(void **state)
{
    (void)state;
    machine_new(4, 3 * SECOND);
    for (unsigned cpu = 1; cpu < 4; cpu++)
        machine.base[cpu] += cpu * 777777777;
    start(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    for (unsigned turn = 0; turn < 20; turn++) {
        for (unsigned vcpu = 0; vcpu < 4; vcpu++) {
            assert_true_time(vcpu);
            assert_true_wall(vcpu);
        }
        machine_run(100000000);
    }
}

/* 20 ppm is 72 ms in an hour; each was right when it was calibrated, and nobody looked again. */
static void seed_cpus_never_brought_together(void **state)
{
    (void)state;
    machine_new(2, 3 * SECOND);
    machine.hz[1] += 60000;
    start(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    for (unsigned s = 0; s < 3600; s += 30) {
        struct meridian_interval a, b;

        machine_run(30 * SECOND);
        assert_true_time(0);
        assert_true_time(1);
        a = read_on(0), b = read_on(1);
        assert_true(llabs((long long)(a.now_ns - b.now_ns)) < 5000);
    }
}

/* A CPU whose TSC does not count has a frequency of 0: it is left out, and the others have the time. */
static void seed_frequency_0_leaves_a_cpu_out(void **state)
{
    (void)state;
    machine_new(3, 3 * SECOND);
    machine.hz[2] = 0;
    machine_boot(CLOCKMODE_AUTO);
    assert_true(keeper_cpu_measured(0) && keeper_cpu_measured(1));
    assert_false(keeper_cpu_measured(2));
    add_guest((const unsigned[]){0, 1, 1});
    machine_run(3 * SECOND);
    for (unsigned vcpu = 0; vcpu < 3; vcpu++)
        assert_true_time(vcpu);
}

/* ---- Whose record it is ---- */

/* The hypervisor wrote the record of the CPU, the guest read that of its own number. */
static void seed_vcpu_away_from_home(void **state)
{
    static const unsigned away[] = {2, 0, 1};

    (void)state;
    machine_new(3, 3 * SECOND);
    for (unsigned cpu = 1; cpu < 3; cpu++)
        machine.base[cpu] += cpu * 5 * machine.hz[0];
    machine_boot(CLOCKMODE_AUTO);
    add_guest(away);
    for (unsigned turn = 0; turn < 10; turn++) {
        machine_run(SECOND);
        if (turn == 5)
            keeper_place_vcpu(&domain, 0, 1, vcpus[0].xen);
        for (unsigned vcpu = 0; vcpu < 3; vcpu++) {
            struct meridian_sample sample;

            assert_true_time(vcpu);
            assert_true(meridian_try(&slots[vcpu + 1], 1, &sample));
            assert_in_range(sample.tsc - sample.tsc_timestamp, 0, machine.hz[0] * 26 / 100);
            assert_int_equal(xen_records[vcpu].tsc_timestamp, sample.tsc_timestamp);
            assert_int_equal(xen_records[vcpu].system_time, sample.system_time);
        }
    }
}

/* Wall time went by VCPU 0's ticks, and stood for all while VCPU 0 did. */
static void seed_wall_stalls_with_vcpu_0(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 2; mode++) {
        machine_new(3, 3 * SECOND);
        start(MODES[mode]);
        machine_run(SECOND);
        machine.stopped[0] = true;
        for (unsigned turn = 0; turn < 20; turn++) {
            machine_run(SECOND / 4 + 1000);
            for (unsigned vcpu = 1; vcpu < 3; vcpu++)
                assert_true_wall(vcpu);
            assert_in_range(tsc_of(1) - slots[mode ? 0 : 2].tsc_timestamp, 0, machine.hz[1] * 26 / 100);
        }
    }
}

/* ---- Timers ---- */

static uint64_t fired_ns;

static void note(struct timer *timer, uint64_t now_ns)
{
    (void)timer, (void)now_ns;
    fired_ns = read_on(machine.cpu).now_ns;
}

/* Timers ran by the PIT's ticks, records by the TSC: 15.4 ppm between them. Here the LAPIC is 500 ppm off. */
static void seed_timers_by_another_clock(void **state)
{
    struct timer timer = {.expired = note};

    (void)state;
    for (int64_t ppm = -500; ppm <= 500; ppm += 1000) {
        machine_new(2, 3 * SECOND);
        start(CLOCKMODE_AUTO);
        machine.lapic_ppm = ppm;
        for (unsigned turn = 1; turn < 40; turn++) {
            uint64_t deadline_ns = read_on(0).now_ns + turn * 33333333;

            fired_ns = 0;
            machine.cpu = 0;
            keeper_timer_arm(&timer, deadline_ns);
            machine_run(turn * 33333333 + 5000000);
            assert_in_range(fired_ns, deadline_ns, deadline_ns + 200000);
        }
    }
}

/* ---- Setting the wall clock ---- */

/* What stands beside Xen's records: UTC when system time was 0. */
static struct utc told(void)
{
    return (struct utc){(int64_t)((uint64_t)wall[3] << 32 | wall[1]), wall[2]};
}

/* A quarter of a second was between the stamp and the set; the time that the caller named is the time. */
static void seed_settime_against_an_old_stamp(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 2; mode++) {
        machine_new(3, 3 * SECOND);
        start(MODES[mode]);
        machine_run(10 * SECOND);
        uint64_t then_ns = read_on(1).now_ns;
        machine_run(240000000);
        uint64_t old_ns = slots[mode ? 0 : 1].system_time;
        keeper_set_wall(BOOT_UTC_S + 1000000, 999999999, then_ns);

        struct utc now = wallclock_at(told(), then_ns);
        assert_int_equal(now.s, BOOT_UTC_S + 1000000);
        assert_int_equal(now.ns, 999999999);
        assert_int_not_equal(old_ns, then_ns);

        machine_run(SECOND / 2);
        uint64_t gone_ns = read_on(1).now_ns - then_ns;
        for (unsigned vcpu = 0; vcpu < 3; vcpu++) {
            struct meridian_utc at = wall_on(vcpu).now;
            int64_t ns = (at.sec - BOOT_UTC_S - 1000000) * (int64_t)SECOND + at.nsec - 999999999;

            assert_in_range(ns - (int64_t)gone_ns + 10000, 0, 20000);
        }
        assert_int_equal(wall[0] % 2, 0);
    }
}

/* Called by keeper_set_wall's own code, in the midst of the write: there is a lock, and it is held. */
bool __wrap_wallclock_base(struct utc now, uint64_t system_ns, struct utc *base);
bool __real_wallclock_base(struct utc now, uint64_t system_ns, struct utc *base);
static unsigned bases, bases_unlocked;

bool __wrap_wallclock_base(struct utc now, uint64_t system_ns, struct utc *base)
{
    bases++;
    bases_unlocked += !keeper.lock.held;
    return __real_wallclock_base(now, system_ns, base);
}

static void seed_settime_without_a_lock(void **state)
{
    (void)state;
    machine_new(3, 3 * SECOND);
    start(CLOCKMODE_AUTO);
    machine_run(SECOND);
    bases = bases_unlocked = 0;
    for (unsigned turn = 0; turn < 100; turn++) {
        uint32_t version = wall[0];

        machine.cpu = turn % 3;
        keeper_set_wall(BOOT_UTC_S + turn, turn, read_on(turn % 3).now_ns);
        assert_int_equal(wall[0], version + 2);
        assert_int_equal(keeper.lock.held, 0);
    }
    assert_int_equal(bases, 100);
    assert_int_equal(bases_unlocked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_boot_cpu_stamp),
        cmocka_unit_test(seed_new_cpu_gets_old_time),
        cmocka_unit_test(seed_cpus_never_brought_together),
        cmocka_unit_test(seed_frequency_0_leaves_a_cpu_out),
        cmocka_unit_test(seed_vcpu_away_from_home),
        cmocka_unit_test(seed_wall_stalls_with_vcpu_0),
        cmocka_unit_test(seed_timers_by_another_clock),
        cmocka_unit_test(seed_settime_against_an_old_stamp),
        cmocka_unit_test(seed_settime_without_a_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
