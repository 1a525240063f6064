/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/window.c */
/* flags: -lm */
/* The estimate against clocks whose truth is known: the truth is inside the outlook, always. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"
#include "time/estimate.h"
#include "time/fixed.h"
#include "time/window.h"

#define HZ     2596122000.0L
#define WANDER 10u /* ppb a second */

static const struct counter HPET = {10000000, 1000000, 64};
static const struct counter PMTIMER = {88000, 315, 24};
static const struct counter PIT = {88000, 105, 16};

/* A crystal whose rate walks at up to WANDER, beside a reference that is the truth. */
struct world {
    struct random r;
    long double ns; /* R */
    long double tsc;
    long double rate; /* TSC ticks a ns */
};

static long double uniform(struct random *r)
{
    return (long double)(random_next(r) >> 11) / 9007199254740992.0L;
}

static void advance(struct world *w, long double ns, long double drift_ppb_s)
{
    while (ns > 0) {
        long double step = ns < 1e7L ? ns : 1e7L;

        w->rate *= 1 + drift_ppb_s * 1e-9L * step * 1e-9L;
        w->tsc += step * w->rate;
        w->ns += step;
        ns -= step;
    }
}

/* One reading: the TSC before, the count, the TSC after; `noise` ns of it either side. */
static struct bracket take_reading(struct world *w, const struct counter *c, long double noise)
{
    uint64_t lo = (uint64_t)w->tsc, count;

    advance(w, noise * uniform(&w->r), 0);
    count = (uint64_t)(w->ns * c->den / c->num);
    advance(w, noise * uniform(&w->r), 0);
    return bracket_from_count(c, 0, count, false, lo, (uint64_t)w->tsc + 1);
}

static void assert_truth_inside(struct world *w, const struct outlook *o)
{
    struct range value = outlook_at(o, (uint64_t)w->tsc);
    struct range rate = outlook_rate_at(o, (uint64_t)w->tsc);
    long double nominal =
        (long double)o->nominal.mul / 4294967296.0L / (o->nominal.shift < 0 ? 1 << -o->nominal.shift : 1);
    long double deviation = (1 / (w->rate * nominal) - 1) * 4294967296.0L;

    assert_true(value.lo <= w->ns && w->ns <= value.hi);
    assert_true(rate.lo - 2 <= deviation && deviation <= rate.hi + 2);
}

static void run(uint64_t seed, const struct counter *c, long double noise, int shape)
{
    struct world w = {
        .r = {seed}, .ns = 1000, .tsc = 12345678, .rate = HZ / 1e9L * (1 + 40e-6L * uniform(&w.r))};
    struct estimate e;
    struct outlook o;
    struct tsc_scale nominal;

    assert_true(scale_from_hz((uint64_t)HZ, &nominal));
    estimate_init(&e, nominal, (struct crystal){WANDER, 0});
    for (int i = 0; i < 600; i++) {
        long double drift = shape == 0   ? 0
                            : shape == 1 ? WANDER * (2 * uniform(&w.r) - 1)
                                         : WANDER * sinl(i / 20.0L);
        long double wide = i % 17 == 3 ? 3e5L : noise; /* an SMI, a busy host */
        struct bracket b = take_reading(&w, c, wide);

        assert_true(estimate_add(&e, &b, &o));
        assert_truth_inside(&w, &o);
        advance(&w, 250e6L * (0.9L + uniform(&w.r)), drift);
        assert_truth_inside(&w, &o);
        if (i > 100) {
            struct range value = outlook_at(&o, o.tsc);
            assert_true(value.hi - value.lo < 2 * (noise + (long double)c->num / c->den) + 4000);
        }
    }
}

static void truth_is_inside_with_every_counter_and_crystal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 20; seed++) {
        for (int shape = 0; shape < 3; shape++) {
            run(seed, &HPET, 300, shape);
            run(seed + 100, &PMTIMER, 1000, shape);
            run(seed + 200, &PIT, 3000, shape);
        }
    }
}

/* T4: the rate's half range is at most 3 U / T, U half a bracket plus granularity, on a steady crystal. */
static void rate_is_as_tight_as_the_reference_allows(void **state)
{
    struct world w = {.r = {7}, .ns = 1000, .tsc = 1, .rate = HZ / 1e9L};
    long double noise = 300, u = noise + 10;
    struct estimate e;
    struct outlook o;
    struct tsc_scale nominal;

    (void)state;
    assert_true(scale_from_hz((uint64_t)HZ, &nominal));
    estimate_init(&e, nominal, (struct crystal){WANDER, 0});
    for (int i = 1; i <= 40; i++) {
        struct bracket b = take_reading(&w, &HPET, noise);
        assert_true(estimate_add(&e, &b, &o));
        advance(&w, 250e6L, 0);
        if (i >= 4) {
            long double half = (o.rate_hi - o.rate_lo) / 2.0L / 4294967296.0L;
            long double t = i * 0.25L - 0.25L, asked = 3 * u * 1e-9L / t;
            long double floor = 3 * sqrtl(2 * u * 1e-9L * WANDER * 1e-9L);
            assert_true(half <= (asked > floor ? asked : floor));
        }
    }
}

static void a_jump_of_the_reference_is_a_disruption_at_once(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct world w = {.r = {9}, .ns = 1000000000, .tsc = 99999999999.0L, .rate = HZ / 1e9L};
        struct estimate e;
        struct outlook o;
        struct tsc_scale nominal;

        assert_true(scale_from_hz((uint64_t)HZ, &nominal));
        estimate_init(&e, nominal, (struct crystal){WANDER, 0});
        for (int i = 0; i < 50; i++) {
            struct bracket b = take_reading(&w, &HPET, 300);
            assert_true(estimate_add(&e, &b, &o));
            advance(&w, 250e6L, 0);
        }
        if (kind == 0)
            w.ns += 100000;
        else if (kind == 1)
            w.ns -= 100000;
        else if (kind == 2)
            w.tsc += HZ;
        else
            w.tsc -= 10 * HZ;
        struct bracket b = take_reading(&w, &HPET, 300);
        assert_false(estimate_add(&e, &b, &o));
        assert_int_equal(e.count, 1);
        assert_true(outlook_at(&o, (uint64_t)w.tsc).lo <= w.ns);
    }
}

/*
 * QEMU's TSC jumps ahead by up to 2 us at a time: allowed for, it is no disruption, and the truth stays
 * inside.
 */
static void a_slip_within_the_allowance_is_no_disruption(void **state)
{
    struct world w = {.r = {19}, .ns = 1000, .tsc = 5000, .rate = HZ / 1e9L};
    struct crystal slippery = {WANDER, 10000};
    struct tsc_scale nominal;
    struct estimate e;
    struct outlook o;

    (void)state;
    assert_true(scale_from_hz((uint64_t)HZ, &nominal));
    estimate_init(&e, nominal, slippery);
    for (int i = 0; i < 2000; i++) {
        struct bracket b = take_reading(&w, &HPET, 300);
        assert_true(estimate_add(&e, &b, &o));
        if (random_next(&w.r) % 5 == 0)
            w.tsc += uniform(&w.r) * 5000;
        advance(&w, 250e6L, 0);
        struct range value = outlook_at(&o, (uint64_t)w.tsc);
        assert_true(value.lo - slippery.slip_ns <= w.ns && w.ns <= value.hi + slippery.slip_ns);
    }
    assert_true(e.slips > 100);
    w.tsc += HZ / 10000; /* 100 us is beyond what is allowed */
    struct bracket b = take_reading(&w, &HPET, 300);
    assert_false(estimate_add(&e, &b, &o));
}

static void unwrap_finds_the_turn(void **state)
{
    struct random r = {11};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t count = random_next(&r) >> (8 + random_next(&r) % 30);
        int64_t off = (int64_t)(random_next(&r) % 60000) - 30000;
        uint64_t expected = count + (uint64_t)off > count + 70000 ? 0 : count + (uint64_t)off;

        assert_true(counter_unwrap(&PIT, expected, count & 0xffff) == count || count < 30000);
    }
    assert_int_equal(counter_unwrap(&HPET, 5, 0xfffffffffffffff0ull), 0xfffffffffffffff0ull);
}

static void counts_to_ns_drift_by_nothing(void **state)
{
    (void)state;
    assert_int_equal(counter_ns(&PIT, 1193181818181ull), 999999999999314ll); /* 88000 / 105 exactly */
    assert_int_equal(counter_ns(&PMTIMER, 315ull * 1000000000), 88000000000000ll);
    assert_int_equal(counter_ns(&HPET, 123456789), 1234567890ll);
    assert_int_equal(counter_from_ns(&PMTIMER, 88000), 315);
}

static void a_reference_set_back_behind_its_origin_reads_negative(void **state)
{
    struct bracket b = bracket_from_count(&HPET, 1000, 400, false, 5, 6);

    (void)state;
    assert_true(b.ref_lo_ns <= -6000 && b.ref_lo_ns >= -6001);
    assert_true(b.ref_hi_ns >= -5990 && b.ref_hi_ns <= -5988);
}

static void window_survives_wraps_and_refuses_a_missed_one(void **state)
{
    (void)state;
    for (int missed = 0; missed < 3; missed++) {
        struct world w = {.r = {13}, .ns = 54e6L, .tsc = 5000, .rate = HZ / 1e9L};
        struct window window;
        struct estimate e;
        struct outlook o;
        bool taken = true;

        window_init(&window, &PIT);
        for (int i = 0; i < 10 && taken; i++) {
            uint64_t raw = (uint64_t)(w.ns * PIT.den / PIT.num) & 0xffff;
            uint64_t tsc_lo = (uint64_t)w.tsc;

            taken = window_add(&window, raw, false, tsc_lo, tsc_lo + 1000);
            advance(&w, missed && i == 0 ? missed * 35e6L : 10e6L,
                    0); /* 35 ms reads as less than nothing, 70 as 15 */
        }
        if (missed) {
            assert_false(taken && window_close(&window, (struct crystal){WANDER, 0}, &e, &o));
        } else {
            assert_true(taken && window_close(&window, (struct crystal){WANDER, 0}, &e, &o));
            assert_true(fabsl(scale_to_hz(e.nominal) / HZ - 1) < 50e-6L);
        }
    }
}

static void consensus_sees_two_tscs_that_differ(void **state)
{
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        struct consensus all;
        struct outlook looks[2];

        consensus_start(&all);
        for (int cpu = 0; cpu < 2; cpu++) {
            struct world w = {.r = {17 + (uint64_t)cpu},
                              .ns = 1000,
                              .tsc = 1000 + apart * cpu * 20000.0L,
                              .rate = HZ / 1e9L};
            struct estimate e;
            struct tsc_scale nominal;

            assert_true(scale_from_hz((uint64_t)HZ, &nominal));
            estimate_init(&e, nominal, (struct crystal){WANDER, 0});
            for (int i = 0; i < 20; i++) {
                struct bracket b = take_reading(&w, &HPET, 300);
                assert_true(estimate_add(&e, &b, &looks[cpu]));
                advance(&w, 250e6L, 0);
            }
        }
        for (int cpu = 0; cpu < 2; cpu++)
            consensus_join(&all, &looks[cpu], looks[0].tsc, 0);
        assert_int_equal(all.agree, !apart);
        assert_true(all.value_hull.lo <= all.value_hull.hi);
    }
}

static void wander_grows_with_the_square_of_age(void **state)
{
    (void)state;
    assert_int_equal(wander_ns(10, 0), 0);
    assert_int_equal(wander_ns(10, 10 * NS_PER_S), 500);
    assert_int_equal(wander_ns(10, -100 * NS_PER_S), 50000);
    assert_true(wander_ns(1000000, INT64_MAX / 2) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_is_inside_with_every_counter_and_crystal),
        cmocka_unit_test(rate_is_as_tight_as_the_reference_allows),
        cmocka_unit_test(a_jump_of_the_reference_is_a_disruption_at_once),
        cmocka_unit_test(a_slip_within_the_allowance_is_no_disruption),
        cmocka_unit_test(unwrap_finds_the_turn),
        cmocka_unit_test(counts_to_ns_drift_by_nothing),
        cmocka_unit_test(a_reference_set_back_behind_its_origin_reads_negative),
        cmocka_unit_test(window_survives_wraps_and_refuses_a_missed_one),
        cmocka_unit_test(consensus_sees_two_tscs_that_differ),
        cmocka_unit_test(wander_grows_with_the_square_of_age),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
