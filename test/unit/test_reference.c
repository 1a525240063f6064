/* sources: hv/platform/reference/find.c hv/platform/reference/sources.c hv/platform/reference/trial.c hv/platform/reference/reading.c hv/platform/reference/wait.c hv/platform/reference/pit.c hv/platform/reference/hpet.c hv/platform/reference/pmtimer.c */
/* flags: -include test/unit/fake_cpu.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_timers.h"
#include "platform/reference/source.h"
#include "platform/reference/reference.h"

static const struct fake_counter *fake_of(const struct reference *ref)
{
    return ref->name[0] == 'h' ? &fake_hpet : ref->name[1] == 'm' ? &fake_pmtimer : &fake_pit;
}

/* One reading held against the truth: at some time between tsc_lo and tsc_hi the counter must have been
 * there. */
static void check_reading(const struct reference *ref, const struct reference_reading *reading)
{
    const struct fake_counter *fake = fake_of(ref);
    uint64_t mask = counter_mask(ref);
    assert_true(reading->count <= mask);
    /* What the counter's own crystal makes of the bracket's ends, in counts and parts of den. */
    unsigned __int128 low = (unsigned __int128)reading->tsc_lo * PS_A_TICK * fake->den;
    unsigned __int128 high = (unsigned __int128)reading->tsc_hi * PS_A_TICK * fake->den;
    uint64_t count = fake->offset + (uint64_t)(low / fake->num);
    uint64_t ahead = (reading->count - count) & mask; /* the full count is the one near to the bracket */
    uint64_t full = count - fake->offset + (ahead > mask / 2 ? ahead - mask - 1 : ahead);
    unsigned __int128 from = (unsigned __int128)full * fake->num;
    unsigned __int128 to = reading->edge ? from : from + fake->num;
    assert_true(from <= high && to >= low);
}

static void check_samples(const struct reference *ref, unsigned count, bool edges)
{
    const struct counter_source *source = (const struct counter_source *)ref;

    for (unsigned i = 0; i < count; i++) {
        struct reference_reading reading;
        assert_true(reference_read(ref, &reading));
        check_reading(ref, &reading);
        assert_true(!reading.edge || edges);
        if (!source->stepping) { /* one that steps is true at its steps only */
            assert_true(source->read(&reading));
            check_reading(ref, &reading);
            assert_false(reading.edge);
        }
        fake_now += random_next(&fake_random) % 100000;
    }
}

static void all_three(void **state)
{
    (void)state;
    struct machine machine = fake_machine(1);
    assert_int_equal(reference_find(&machine, NULL), 3);
    const struct reference *hpet = reference_get(0);
    assert_string_equal(hpet->name, "hpet");
    assert_int_equal(hpet->bits, 64);
    assert_int_equal(hpet->tolerance_ppb, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(reference_get(i)->phase_floor_ns, 10);
    assert_int_equal(hpet_registers[4] & 1, 1); /* it was off */
    assert_in_range(((const struct counter_source *)hpet)->khz, 1999000, 2001000);
    assert_string_equal(reference_get(1)->name, "pmtimer");
    assert_string_equal(reference_get(2)->name, "pit");
    assert_null(reference_get(3));
    assert_non_null(strstr(fake_log, "hpet: 64 bits, 10.000 ns a count, reading takes "));
    assert_non_null(strstr(fake_log, "pmtimer: 24 bits, 279.365 ns a count, reading takes "));
    assert_non_null(strstr(fake_log, "pit: 16 bits, 838.095 ns a count, reading takes "));
    assert_non_null(strstr(fake_log, " at its edge\n"));
    assert_null(strstr(fake_log, "refused"));
}

static void every_reading_is_true(void **state)
{
    (void)state;
    static const unsigned smi_chances[] = {0, 50, 5};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct machine machine = fake_machine(seed);
        fake_hpet.offset = 0xfff00000u; /* to carry into the high half soon */
        fake_pmtimer.offset = 0xfff000;
        assert_int_equal(reference_find(&machine, NULL), 3);
        fake_smi_chance = smi_chances[seed % 3];
        for (unsigned i = 0; i < 3; i++)
            check_samples(reference_get(i), 300, true);
    }
}

/* All ones are no count: they are left out, and neither a reading nor a wait is made of them. */
static void all_ones_are_left_out(void **state)
{
    (void)state;
    static const unsigned chances[] = {64, 8};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct machine machine = fake_machine(100 + seed);
        fake_ones_chance = chances[seed % 2];
        assert_int_equal(reference_find(&machine, NULL), 3);
        uint64_t misreads = reference_misreads();
        for (unsigned i = 0; i < 3; i++) {
            for (unsigned n = 0; n < 300; n++) {
                struct reference_reading reading;
                if (reference_read(reference_get(i), &reading))
                    check_reading(reference_get(i), &reading);
                if (reference_glance(reference_get(i), &reading))
                    check_reading(reference_get(i), &reading);
                fake_now += random_next(&fake_random) % 100000;
            }
        }
        assert_true(reference_misreads() > misreads);
        uint64_t before = fake_now;
        reference_wait_us(10000);
        assert_in_range((fake_now - before) / 2, 10000000, 10000000 + 50000);
    }
}

/* Of three million single readings of such a counter one in thousands would be false. */
static void a_carry_half_way_is_not_believed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct machine machine = fake_machine(200 + seed);
        assert_int_equal(reference_find(&machine, "pmtimer"), 1);
        fake_ripple_ps = 60000;
        for (unsigned n = 0; n < 30000; n++) {
            struct reference_reading reading;
            if (pmtimer_source.read(&reading))
                check_reading(reference_get(0), &reading);
            assert_true(reference_read(reference_get(0), &reading));
            check_reading(reference_get(0), &reading);
            fake_now += random_next(&fake_random) % 10000;
        }
    }
}

/* A wait is not cut short by a count that was never there, nor made long by one that is old. */
static void a_wait_survives_what_is_misread(void **state)
{
    (void)state;
    struct machine machine = fake_machine(33);
    assert_int_equal(reference_find(&machine, NULL), 3);
    for (unsigned n = 0; n < 40; n++) {
        struct reference_wait wait;
        uint64_t offset = fake_hpet.offset, before = fake_now;
        unsigned looks = 0;
        reference_wait_start(&wait, 10000);
        while (reference_waiting(&wait)) {
            fake_hpet.offset = ++looks % 64 ? offset : n % 2 ? offset + 1000000000 : offset - 50000;
            fake_pass(0);
        }
        fake_hpet.offset = offset;
        assert_in_range((fake_now - before) / 2, 10000000, 10000000 + 50000);
    }
}

/* The high half changes between, before or after the two looks at it. */
static void carry_of_the_hpet(void **state)
{
    (void)state;
    struct machine machine = fake_machine(40);
    struct reference_reading reading;
    assert_int_equal(reference_find(&machine, NULL), 3);
    const struct reference *hpet = reference_get(0);
    for (uint64_t ahead = 0; ahead < 200; ahead++) {
        fake_hpet.offset = 0;
        fake_hpet.offset = (7ull << 32) - ahead % 50 - fake_count(&fake_hpet);
        fake_pass(0);
        assert_true(hpet_source.read(&reading));
        check_reading(hpet, &reading);
    }
}

/* Bochs: PIT and PM timer see whole microseconds only. */
static void stepping_counters(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct machine machine = fake_machine(seed);
        fake_pit.step_ps = fake_pmtimer.step_ps = 1000000;
        assert_int_equal(reference_find(&machine, NULL), 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(((const struct counter_source *)reference_get(i))->stepping, i != 0);
            check_samples(reference_get(i), 200, false);
        }
    }
    assert_non_null(strstr(fake_log, " where it steps\n"));
}

static void a_busy_machine_is_not_stepping(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct machine machine = fake_machine(seed);
        fake_smi_chance = 500;
        assert_int_equal(reference_find(&machine, NULL), 3);
        for (unsigned i = 0; i < 3; i++)
            assert_false(((const struct counter_source *)reference_get(i))->stepping);
    }
}

static void one_of_three_disagrees(void **state)
{
    (void)state;
    struct machine machine = fake_machine(2);
    fake_hpet.num = 10300;
    assert_int_equal(reference_find(&machine, NULL), 2);
    assert_string_equal(reference_get(0)->name, "pmtimer");
    assert_non_null(strstr(fake_log, "hpet: refused: by it the TSC runs at 20"));
    assert_non_null(strstr(fake_log, "kHz, by pmtimer at "));

    machine = fake_machine(3);
    fake_pit.num = fake_pit.num * 102 / 100;
    assert_int_equal(reference_find(&machine, NULL), 2);
    assert_non_null(strstr(fake_log, "pit: refused: by it"));
}

static void two_disagree(void **state)
{
    (void)state;
    struct machine machine = fake_machine(4);
    machine.pmtimer_port = 0;
    fake_pit.num *= 2;
    assert_int_equal(reference_find(&machine, NULL), 1);
    assert_string_equal(reference_get(0)->name, "hpet");
    assert_non_null(strstr(fake_log, "nothing tells which is right, and the better known is kept"));
    assert_string_equal(reference_refused(0)->name, "pit");
    assert_false(reference_refused(0)->outvoted);
    assert_non_null(strstr(fake_log, "pmtimer: refused: ACPI names none"));
}

/* Crystals are some 20 ppm off. A timer at half a percent is wrong, and two others know it. */
static void half_a_percent_is_told(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct machine machine = fake_machine(300 + seed);
        fake_hpet.num = seed % 2 ? 10050 : 9950;
        assert_int_equal(reference_find(&machine, NULL), 2);
        assert_string_equal(reference_get(0)->name, "pmtimer");
        assert_non_null(strstr(fake_log, "hpet: refused: by it the TSC runs at "));
        assert_string_equal(reference_refused(0)->name, "hpet");
        assert_true(reference_refused(0)->outvoted);
        assert_in_range((seed % 2 ? -1 : 1) * reference_refused(0)->off_ppm, 4700, 5300);
        assert_null(reference_refused(1));

        machine = fake_machine(400 + seed);
        fake_hpet.num = seed % 2 ? 10005 : 9995; /* 500 ppm either way */
        assert_int_equal(reference_find(&machine, NULL), 3);
        assert_null(reference_refused(0));
    }
}

static void trap_timers_absent_or_gated(void **state)
{
    (void)state;
    struct machine machine = fake_machine(6);
    fake_pit.present = false;
    machine.hpet_base = 0;
    assert_int_equal(reference_find(&machine, NULL), 1);
    assert_string_equal(reference_get(0)->name, "pmtimer");
    assert_non_null(strstr(fake_log, "pit: refused: it does not count (port 0x61 reads 0xff)"));
    assert_non_null(strstr(fake_log, "hpet: refused: ACPI names none"));

    machine = fake_machine(7);
    fake_freeze(&fake_hpet);
    fake_freeze(&fake_pit);
    fake_pmtimer.present = false;
    assert_int_equal(reference_find(&machine, NULL), 0);
    assert_null(reference_get(0));
    assert_non_null(strstr(fake_log, "hpet: refused: it does not count\n"));
    assert_non_null(strstr(fake_log, "pit: refused: it does not count\n"));
    assert_non_null(strstr(fake_log, "pmtimer: refused: it does not count\n"));
    assert_true(fake_looks < 1000000);
    reference_wait_us(1000); /* ends, by turns of the delay port */
}

/* Set up anew, a PIT's first edge loads the count, and the next may come at any time: both are let go by. */
static void trap_first_pit_edge(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct machine machine = fake_machine(50 + seed);
        fake_pit_off = 200;
        assert_int_equal(reference_find(&machine, NULL), 3);
        assert_null(strstr(fake_log, "refused"));
        assert_null(pit_source.start(&machine, &pit_source.ref));
        assert_true(fake_count(&fake_pit) - fake_pit_loaded >= 2);
    }
}

static void tsc_that_stands_still(void **state)
{
    (void)state;
    struct machine machine = fake_machine(8);
    fake_tsc_frozen = true;
    assert_int_equal(reference_find(&machine, NULL), 0);
    assert_non_null(strstr(fake_log, "hpet: refused: no TSC rate can be made of its readings\n"));
}

static void asked_for(void **state)
{
    (void)state;
    struct machine machine = fake_machine(9);
    assert_int_equal(reference_find(&machine, "pit"), 1);
    assert_string_equal(reference_get(0)->name, "pit");
    assert_null(strstr(fake_log, "hpet"));

    machine = fake_machine(10);
    machine.hpet_base = 0;
    assert_int_equal(reference_find(&machine, "hpet"), 2);
    assert_string_equal(reference_get(0)->name, "pmtimer");
    assert_non_null(strstr(fake_log, "clocksource=hpet: "));
}

static void hpets_of_an_absurd_period(void **state)
{
    (void)state;
    static const struct {
        uint32_t capabilities, period;
        const char *why;
    } bad[] = {
        {0x8086a201, 0, "hpet: refused: its period is not within"},
        {0x8086a201, 100000001, "hpet: refused: its period is not within"},
        {0x8086a201, 999999, "hpet: refused: its period is below 1 ns"},
        {UINT32_MAX, UINT32_MAX, "hpet: refused: nothing answers"},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct machine machine = fake_machine(11 + i);
        hpet_registers[0] = bad[i].capabilities;
        hpet_registers[1] = bad[i].period;
        assert_int_equal(reference_find(&machine, NULL), 2);
        assert_non_null(strstr(fake_log, bad[i].why));
    }
}

static void hpet_of_32_bits(void **state)
{
    (void)state;
    struct machine machine = fake_machine(20);
    hpet_registers[0] = 0x80868201;
    hpet_registers[1] = 69841279; /* 14.318 MHz, as on most boards */
    fake_hpet.num = 69841279;
    fake_hpet.den = 1000;
    fake_hpet.offset = 0xffffff00u;
    assert_int_equal(reference_find(&machine, NULL), 3);
    const struct reference *hpet = reference_get(0);
    assert_int_equal(hpet->bits, 32);
    assert_int_equal(hpet->tolerance_ppb, 8);
    check_samples(hpet, 300, true);
}

static void waiting(void **state)
{
    (void)state;
    static const uint32_t waits_us[] = {0, 1, 10, 1000, 200000}; /* the last is several turns of the PIT */
    struct machine machine = fake_machine(30);
    assert_int_equal(reference_find(&machine, "pit"), 1);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t before = fake_now;
        reference_wait_us(waits_us[i]);
        uint64_t took_ns = (fake_now - before) / 2;
        assert_in_range(took_ns, waits_us[i] * 1000ull, waits_us[i] * 1001ull + 4000);
    }
}

static void waiting_ends_whatever_stops(void **state)
{
    (void)state;
    struct machine machine = fake_machine(31);
    assert_int_equal(reference_find(&machine, NULL), 3);
    fake_freeze(&fake_hpet);
    uint64_t before = fake_now;
    reference_wait_us(10000);
    assert_in_range((fake_now - before) / 2, 10000000, 45000000);
    fake_tsc_frozen = true;
    fake_looks = 0;
    reference_wait_us(10000);
    assert_true(fake_looks < 5000000);
}

static void a_lock_that_is_never_free(void **state)
{
    (void)state;
    struct machine machine = fake_machine(32);
    struct reference_reading reading;
    assert_int_equal(reference_find(&machine, NULL), 3);
    fake_lock_lost = true;
    assert_false(reference_read(reference_get(0), &reading));
}

static void votes(void **state)
{
    (void)state;
    static const struct {
        uint64_t rates[3];
        unsigned winner;
    } cases[] = {
        {{100000, 100100, 99900}, 0},
        {{103000, 100100, 100000}, 1},
        {{0, 100000, 100000}, 1},
        {{100000, 0, 200000}, 0},
        {{0, 0, 5}, 2},
        {{0, 0, 0}, 3},
        {{1, 2, 3}, 0},
        {{99800, 100000, 100200}, 1}, /* the middle one has both on its side */
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(rates_winner(cases[i].rates, 3), cases[i].winner);
    assert_true(rates_agree(100000, 99800));
    assert_false(rates_agree(100000, 99799));
    assert_false(rates_agree(0, 0));
    assert_int_equal(rates_apart_permille(103000, 100000), 30);
    assert_int_equal(rates_apart_permille(UINT64_MAX, 1), 999999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_three),
        cmocka_unit_test(every_reading_is_true),
        cmocka_unit_test(all_ones_are_left_out),
        cmocka_unit_test(a_carry_half_way_is_not_believed),
        cmocka_unit_test(a_wait_survives_what_is_misread),
        cmocka_unit_test(carry_of_the_hpet),
        cmocka_unit_test(stepping_counters),
        cmocka_unit_test(a_busy_machine_is_not_stepping),
        cmocka_unit_test(one_of_three_disagrees),
        cmocka_unit_test(two_disagree),
        cmocka_unit_test(half_a_percent_is_told),
        cmocka_unit_test(trap_timers_absent_or_gated),
        cmocka_unit_test(trap_first_pit_edge),
        cmocka_unit_test(tsc_that_stands_still),
        cmocka_unit_test(asked_for),
        cmocka_unit_test(hpets_of_an_absurd_period),
        cmocka_unit_test(hpet_of_32_bits),
        cmocka_unit_test(waiting),
        cmocka_unit_test(waiting_ends_whatever_stops),
        cmocka_unit_test(a_lock_that_is_never_free),
        cmocka_unit_test(votes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
