/* sources: test/sim/rival.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_xen.c test/sim/rival_kvm.c test/sim/rival_linux.c test/sim/rival_plain.c */
/* flags: -lm */
/*
 * The patch of 2005: each of its faults, shown on the model of it. What ours does instead has tests of its
 * own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../sim/rival_plain.h"
#include "../sim/rival_seed.h"

#define GHZ     1000000000ull
#define QUARTER (SECOND_NS / 4)
#define DAY_NS  (86400 * SECOND_NS)
#define TICK    SEED_TICK_NS

static uint64_t wall_s(const struct seed_info *t)
{
    return t->wc_sec + t->wc_usec / 1000000;
}

/* ---- The wall clock's carry takes 10,000,000 off a u32, and tests `>` ---- */

static void the_carry_adds_3436_s_every_quarter_second(void **state)
{
    struct seed_info t = {.cpu_freq = 3 * GHZ};

    (void)state;
    for (unsigned quarter = 1; quarter <= 4; quarter++)
        assert_int_equal(seed_percpu_ticks(&t, quarter * 3 * GHZ / 4), 1);
    assert_int_equal(t.wc_sec, 0); /* a whole second, and no carry: it tests > */
    assert_int_equal(t.wc_usec, 1000000);
    seed_percpu_ticks(&t, 5 * 3 * GHZ / 4);
    assert_int_equal(t.wc_sec, 3436);
    seed_percpu_ticks(&t, 6 * 3 * GHZ / 4);
    assert_int_equal(t.wc_sec, 2 * 3436);
}

static void in_an_hour_its_wall_clock_gains_47_million_seconds(void **state)
{
    struct seed_info t = {.cpu_freq = 3 * GHZ};

    (void)state;
    for (uint64_t quarter = 1; quarter <= 4 * 3600; quarter++)
        seed_percpu_ticks(&t, quarter * 3 * GHZ / 4);
    assert_int_equal(t.system_time, 3600 * SECOND_NS);
    assert_int_equal(wall_s(&t), 47265616);
}

/* ---- The boot CPU's stamp is never set ---- */

static void the_boot_cpu_leads_by_its_tsc_since_reset(void **state)
{
    struct plain p;
    struct rival *r;
    int64_t lead_ns;

    (void)state;
    plain_init(&p, 3 * GHZ);
    for (unsigned cpu = 0; cpu < 2; cpu++)
        p.offset[cpu] = 30 * 3 * GHZ; /* 30 s of firmware */
    r = rival_new(&rival_seed, &p.world, 2);
    plain_run(&p, r, 10 * SECOND_NS);
    lead_ns = (int64_t)(rival_read(r, 0) - rival_read(r, 1));
    assert_in_range(lead_ns, 30 * SECOND_NS, 30 * SECOND_NS + 100000000);
    rival_free(r);
}

/* ---- A new CPU pairs a fresh TSC with the last tick's time; its wall clock is older still ---- */

/* Started `since_ns` after the clock: what it is behind by, then and a day later. */
static uint64_t behind_ns(uint64_t since_ns, uint64_t *wall_behind_ns)
{
    struct seed_info t[2] = {{0}, {0}};

    seed_init_time(t, 2, 1000, 0, GHZ);
    seed_setup_percpu(&t[1], GHZ, since_ns, seed_stime(since_ns));
    *wall_behind_ns = since_ns - ((t[1].wc_sec - 1000) * SECOND_NS + t[1].wc_usec * 1000ull);
    seed_percpu_ticks(&t[1], since_ns + DAY_NS);
    assert_int_equal(t[1].system_time, seed_stime(since_ns) + DAY_NS);
    return since_ns + DAY_NS - t[1].system_time;
}

static void a_new_cpu_is_up_to_a_tick_behind_for_ever(void **state)
{
    uint64_t wall_ns;

    (void)state;
    assert_in_range(behind_ns(10 * TICK + 9900000, &wall_ns), 9890000, 9910000);
    assert_in_range(behind_ns(10 * TICK + 100000, &wall_ns), 90000, 110000);
}

/* The k-th is measured k x 50 ms after the wall clock was read, and takes that reading for now. */
static void the_kth_cpus_wall_clock_is_k_times_50_ms_old(void **state)
{
    uint64_t wall_ns;

    (void)state;
    for (uint64_t k = 1; k <= 32; k++) {
        behind_ns(k * seed_window_true_ns(), &wall_ns);
        assert_in_range(wall_ns, k * 49999000, k * 50001000);
    }
}

/* ---- CPUs are calibrated one by one, and never brought together again ---- */

static void cpus_measured_20_ppm_apart_are_apart_by_1_7_s_a_day(void **state)
{
    struct plain p;
    struct rival *r;
    int64_t at_first, an_hour_later;

    (void)state;
    plain_init(&p, 3 * GHZ);
    /* One TSC for both; the last of four readings, CPU 1's second, comes 1 us late: 20 ppm of 50 ms. */
    p.read_ns[3] = 1000;
    p.reads_set = 4;
    r = rival_new(&rival_seed, &p.world, 2);
    plain_run(&p, r, 2 * SECOND_NS);
    at_first = (int64_t)(rival_read(r, 0) - rival_read(r, 1));
    plain_run(&p, r, 3602 * SECOND_NS);
    an_hour_later = (int64_t)(rival_read(r, 0) - rival_read(r, 1));
    /* Give or take a tooth of the 244 us: */
    assert_in_range(24 * (an_hour_later - at_first), 1722000000, 1734000000);
    rival_free(r);
}

/* As many CPUs, as many windows. */
static void its_start_takes_50_ms_for_each_cpu(void **state)
{
    (void)state;
    for (unsigned cpus = 1; cpus <= 64; cpus *= 8) {
        struct plain p;
        struct rival *r;
        uint64_t all_ns = cpus * (seed_window_true_ns() + 1);

        plain_init(&p, 3 * GHZ);
        r = rival_new(&rival_seed, &p.world, cpus);
        plain_run(&p, r, all_ns - 50000000 / 2);
        assert_false(rival_reads(r, cpus - 1));
        plain_run(&p, r, all_ns);
        assert_true(rival_reads(r, cpus - 1));
        rival_free(r);
    }
}

/* ---- Records in TSC time, timers in PIT ticks of a rounded divisor ---- */

/* 15.2 ppm by the colour burst's crystal (105/88 MHz), 15.4 for a PIT taken to be 1193181.67 Hz. */
static void timers_and_records_are_15_ppm_apart(void **state)
{
    uint64_t hour_ns = 3600 * SECOND_NS, by_pit_ns;
    double ppm = (seed_tick_true_ns() / TICK - 1) * 1e6;
    struct seed_info t = {.cpu_freq = GHZ};

    (void)state;
    assert_int_equal(SEED_PIT_DIVISOR, 11932);
    assert_true(ppm > 15.2 && ppm < 15.3);
    assert_true((11932 / (14318180.0 / 12) * 100 - 1) * 1e6 > 15.35);
    /* A guest asks for a timeout in an hour by its clock; the hypervisor's says later that it is due. */
    seed_percpu_ticks(&t, hour_ns);
    by_pit_ns = seed_stime(hour_ns);
    assert_int_equal(t.system_time, hour_ns);
    assert_in_range(t.system_time - by_pit_ns, 54000000, 65000000); /* 54.9 ms, and part of a tick */
}

/* ---- The hypervisor indexes by physical CPU, the guest by its own ---- */

static void a_vcpu_away_from_home_never_sees_an_update(void **state)
{
    struct seed_info records[4] = {{0}}, xen[4] = {{0}};
    struct seed_guest g = {.scale = seed_cycle_scale(GHZ)};
    const unsigned vcpu = 1, processor = 3;

    (void)state;
    for (uint64_t quarter = 1; quarter <= 40; quarter++) {
        xen[processor].cpu_freq = GHZ;
        seed_percpu_ticks(&xen[processor], quarter * QUARTER);
        seed_update_dom_time(records, processor, &xen[processor]);
        seed_guest_take(&g, vcpu, &records[vcpu]);
        assert_int_equal(g.shadow_system_time[vcpu], 0);
    }
    assert_int_equal(records[processor].system_time, 10 * SECOND_NS);
}

/* ---- The guest scales every CPU by CPU 0's rate, in 10 bits ---- */

static void ten_bits_are_977_ppm_at_3_ghz(void **state)
{
    uint32_t scale = seed_cycle_scale(3 * GHZ);
    int64_t off_ns = (int64_t)(seed_tsc_offset_ns(scale, 3 * GHZ, 0) - SECOND_NS);

    (void)state;
    assert_int_equal(scale, 341);
    assert_in_range(-off_ns, 976000, 977000);
}

/* At each quarter second what was lost is made up: a step forward of 244 us. */
static void a_sawtooth_of_244_us(void **state)
{
    struct seed_info t = {.cpu_freq = 3 * GHZ};
    struct seed_guest g = {.scale = seed_cycle_scale(3 * GHZ)};
    uint64_t tsc = 3 * GHZ / 4, before_ns, after_ns;

    (void)state;
    before_ns = seed_guest_ns(&g, 0, tsc);
    seed_percpu_ticks(&t, tsc);
    seed_guest_take(&g, 0, &t);
    after_ns = seed_guest_ns(&g, 0, tsc);
    assert_in_range(after_ns - before_ns, 244000, 245000);
}

/* A CPU faster than CPU 0, or a frequency just below a MHz: the same step, back. */
static void or_a_step_back(void **state)
{
    struct seed_info t = {.cpu_freq = 3 * GHZ + 6000000};
    struct seed_guest g = {.scale = seed_cycle_scale(3 * GHZ)};
    uint64_t tsc = t.cpu_freq / 4, before_ns;

    (void)state;
    before_ns = seed_guest_ns(&g, 1, tsc);
    seed_percpu_ticks(&t, tsc);
    seed_guest_take(&g, 1, &t);
    assert_in_range(before_ns - seed_guest_ns(&g, 1, tsc), 250000, 260000);
    /* 999 MHz are taken for 1024000 / 999 = 1025, where 1024.0 would be right: 977 ppm too fast. */
    assert_int_equal(seed_cycle_scale(GHZ - 1000), 1025);
}

/* ---- Unsigned tsc - stamp ---- */

static void a_negative_skew_reads_as_208_days(void **state)
{
    uint64_t ns = seed_tsc_offset_ns(seed_cycle_scale(3 * GHZ), 1000000, 1000001);

    (void)state;
    assert_in_range(ns / SECOND_NS, 208 * 86400, 209 * 86400);
}

static void and_makes_1_8e9_turns_of_the_tick_loop(void **state)
{
    struct seed_info t = {.tsc_timestamp = 1000001, .cpu_freq = 3 * GHZ};
    struct seed_guest g = {.scale = seed_cycle_scale(3 * GHZ)};

    (void)state;
    assert_in_range(seed_guest_timer(&g, 1, &t, 1000000), 1800000000ull, 1810000000ull);
}

/* And in the hypervisor: a stamp one tick ahead of the TSC makes it count 2^64 ticks. */
static void and_the_hypervisor_runs_ahead_by_centuries(void **state)
{
    struct seed_info t = {.tsc_timestamp = 1000001, .cpu_freq = 3 * GHZ};

    (void)state;
    assert_true(seed_percpu_ticks(&t, 1000000) > 24000000000ull);
    assert_true(t.system_time > 194ull * 365 * DAY_NS);
}

/* ---- Wall time moves on VCPU 0 only ---- */

static void wall_time_stalls_while_vcpu_0_is_descheduled(void **state)
{
    struct seed_guest g = {.scale = 1024};
    struct seed_info t[2] = {{.cpu_freq = GHZ}, {.cpu_freq = GHZ}};
    uint64_t tsc, at_100_ms, at_300_ms;

    (void)state;
    for (tsc = 0; tsc <= 100000000; tsc += TICK)
        for (unsigned cpu = 0; cpu < 2; cpu++)
            seed_guest_timer(&g, cpu, &t[cpu], tsc);
    at_100_ms = seed_guest_wall_ns(&g, 1, tsc);
    assert_in_range(at_100_ms, 100000000, 120000000);
    for (; tsc <= 300000000; tsc += TICK) /* VCPU 0 does not run; VCPU 1 has all its ticks */
        seed_guest_timer(&g, 1, &t[1], tsc);
    at_300_ms = seed_guest_wall_ns(&g, 1, tsc);
    assert_true(at_300_ms <= at_100_ms + TICK);
}

/* ---- local_setup_timer starts from a zero shadow ---- */

static void a_vcpu_brought_up_after_a_day_loops_8_6_million_ticks(void **state)
{
    struct seed_guest g = {.scale = 1024};
    struct seed_info t = {.tsc_timestamp = 5 * GHZ, .system_time = DAY_NS, .cpu_freq = GHZ};

    (void)state;
    seed_guest_setup_timer(&g, 1);
    assert_int_equal(seed_guest_timer(&g, 1, &t, 5 * GHZ), 8640000);
}

/* ---- do_settime writes every CPU's wall clock unlocked, against a stamp 250 ms old ---- */

static void a_settime_between_load_and_store_is_lost(void **state)
{
    struct seed_info t[2] = {{.wc_sec = 100, .wc_usec = 250000}, {.wc_sec = 100, .wc_usec = 250000}};
    uint32_t loaded;

    (void)state;
    loaded = seed_wall_load(&t[1]); /* CPU 1 is in its tick ... */
    seed_settime(t, 2, 5000, 900000, 0, 0);
    seed_wall_store(&t[1], loaded); /* ... and ends it */
    assert_int_equal(t[0].wc_usec, 900000);
    assert_int_equal(t[1].wc_usec, 500000); /* the microseconds of before, with the seconds of now */
    assert_int_equal(t[1].wc_sec, 5000);
}

static void a_settime_is_a_quarter_second_off(void **state)
{
    struct seed_info t = {.system_time = 10 * SECOND_NS, .tsc_timestamp = 10 * GHZ, .cpu_freq = GHZ};
    uint64_t now_ns = 10 * SECOND_NS + 240 * 1000000, guest_us;

    (void)state;
    /* It is 5000.0 s at this moment, which is also a tick; the record's stamp is 240 ms old. */
    seed_settime(&t, 1, 5000, 0, now_ns, now_ns);
    guest_us = t.wc_sec * 1000000ull + t.wc_usec + (now_ns - t.tsc_timestamp) / 1000;
    assert_int_equal(guest_us, 5000240000ull);
}

/* ---- A frequency of 0 ---- */

static void a_frequency_of_0_is_an_endless_loop(void **state)
{
    struct seed_info t = {.cpu_freq = 0}, little = {.cpu_freq = 3};

    (void)state;
    assert_int_equal(seed_percpu_ticks(&t, GHZ), SEED_ENDLESS);
    assert_int_equal(seed_percpu_ticks(&little, GHZ), SEED_ENDLESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_carry_adds_3436_s_every_quarter_second),
        cmocka_unit_test(in_an_hour_its_wall_clock_gains_47_million_seconds),
        cmocka_unit_test(the_boot_cpu_leads_by_its_tsc_since_reset),
        cmocka_unit_test(a_new_cpu_is_up_to_a_tick_behind_for_ever),
        cmocka_unit_test(the_kth_cpus_wall_clock_is_k_times_50_ms_old),
        cmocka_unit_test(cpus_measured_20_ppm_apart_are_apart_by_1_7_s_a_day),
        cmocka_unit_test(its_start_takes_50_ms_for_each_cpu),
        cmocka_unit_test(timers_and_records_are_15_ppm_apart),
        cmocka_unit_test(a_vcpu_away_from_home_never_sees_an_update),
        cmocka_unit_test(ten_bits_are_977_ppm_at_3_ghz),
        cmocka_unit_test(a_sawtooth_of_244_us),
        cmocka_unit_test(or_a_step_back),
        cmocka_unit_test(a_negative_skew_reads_as_208_days),
        cmocka_unit_test(and_makes_1_8e9_turns_of_the_tick_loop),
        cmocka_unit_test(and_the_hypervisor_runs_ahead_by_centuries),
        cmocka_unit_test(wall_time_stalls_while_vcpu_0_is_descheduled),
        cmocka_unit_test(a_vcpu_brought_up_after_a_day_loops_8_6_million_ticks),
        cmocka_unit_test(a_settime_between_load_and_store_is_lost),
        cmocka_unit_test(a_settime_is_a_quarter_second_off),
        cmocka_unit_test(a_frequency_of_0_is_an_endless_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
