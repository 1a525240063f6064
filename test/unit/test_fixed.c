/* sources: hv/time/line.c */
/* Fixed-point helpers and scales, each value against 128-bit arithmetic: what is rounded, and which way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"
#include "time/fixed.h"
#include "time/line.h"

typedef __int128 wide;

static wide floor_div(wide a, wide b)
{
    return a / b - (a % b < 0);
}

static wide ceil_div(wide a, wide b)
{
    return -floor_div(-a, b);
}

static int64_t some(struct random *r, unsigned bits)
{
    int64_t value = (int64_t)(random_next(r) >> (64 - bits));

    return random_next(r) % 2 ? value : -value;
}

static void products_are_rounded_as_they_say(void **state)
{
    struct random r = {1};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t a = some(&r, 1 + random_next(&r) % 60), q = some(&r, 1 + random_next(&r) % 34);

        assert_int_equal(q32_mul_floor(a, q), floor_div((wide)a * q, (wide)1 << 32));
        assert_int_equal(q32_mul_ceil(a, q), ceil_div((wide)a * q, (wide)1 << 32));
    }
    assert_int_equal(q32_mul_floor(-1, 1), -1);
    assert_int_equal(q32_mul_ceil(-1, 1), 0);
    assert_int_equal(q32_mul_ceil(3, Q32_ONE), 3);
}

static void quotients_are_rounded_as_they_say(void **state)
{
    struct random r = {2};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t num = some(&r, 1 + random_next(&r) % 30), den = 1 + llabs(some(&r, 1 + random_next(&r) % 60));

        assert_int_equal(q32_ratio_floor(num, den), floor_div((wide)num * Q32_ONE, den));
        assert_int_equal(q32_ratio_ceil(num, den), ceil_div((wide)num * Q32_ONE, den));
    }
    assert_int_equal(q32_ratio_floor(-1, 3), -1431655766);
    assert_int_equal(q32_ratio_ceil(-1, 3), -1431655765);
    assert_int_equal(q32_ratio_floor(-6, 3), -2 * Q32_ONE);
}

static void ppb_go_there_and_come_back_no_smaller(void **state)
{
    struct random r = {3};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t ppb = some(&r, 1 + random_next(&r) % 29), q = some(&r, 1 + random_next(&r) % 40);
        wide exact = (wide)ppb * Q32_ONE;

        assert_int_equal(q32_from_ppb(ppb), exact / NS_PER_S); /* towards 0 */
        exact = (wide)llabs(q) * NS_PER_S;
        assert_int_equal(llabs(ppb_from_q32_away(q)), ceil_div(exact, Q32_ONE));
        assert_true((q < 0) == (ppb_from_q32_away(q) < 0));
    }
    assert_int_equal(ppb_from_q32_away(0), 0);
    assert_int_equal(ppb_from_q32_away(1), 1);
    assert_int_equal(ppb_from_q32_away(-1), -1);
}

static void the_least_the_most_and_the_magnitude(void **state)
{
    (void)state;
    assert_int_equal(max_i64(-3, 2), 2);
    assert_int_equal(max_i64(2, -3), 2);
    assert_int_equal(min_i64(-3, 2), -3);
    assert_int_equal(min_i64(2, -3), -3);
    assert_int_equal(abs_i64(-3), 3);
    assert_int_equal(abs_i64(3), 3);
    assert_int_equal(abs_i64(0), 0);
}

/* ---- Scales ---- */

/* 10^9 / hz in 32 bits, as near as they go; above 2 GHz hz gives up its lowest bits first. */
static struct tsc_scale exact_scale(uint64_t hz)
{
    struct tsc_scale out = {0, 0};
    int halvings = 0;
    wide mul;

    while (hz > 2000000000) {
        hz >>= 1;
        halvings++;
    }
    for (int shift = -1;; shift++) {
        mul = ((wide)NS_PER_S << (32 - shift)) / (wide)hz;
        if (mul <= UINT32_MAX) {
            out = (struct tsc_scale){(uint32_t)mul, (int8_t)(shift - halvings)};
            return out;
        }
    }
}

static void assert_scale_exact(uint64_t hz)
{
    struct tsc_scale scale, expected = exact_scale(hz);

    assert_true(scale_from_hz(hz, &scale));
    assert_int_equal(scale.mul, expected.mul);
    assert_int_equal(scale.shift, expected.shift);
    assert_true(scale.mul >= 1u << 31);
}

static void a_scale_is_the_quotient_to_the_bit(void **state)
{
    static const uint64_t edges[] = {SCALE_MIN_HZ, 500000000,  1000000000,  2000000000,
                                     4000000000,   8000000000, SCALE_MAX_HZ};
    struct random r = {4};

    (void)state;
    for (int i = 0; i < 100000; i++)
        assert_scale_exact(SCALE_MIN_HZ + random_next(&r) % (SCALE_MAX_HZ - SCALE_MIN_HZ));
    for (unsigned i = 0; i < sizeof edges / sizeof *edges; i++)
        for (int off = -2; off <= 2; off++) {
            uint64_t hz = edges[i] + (uint64_t)(int64_t)off;
            if (hz >= SCALE_MIN_HZ && hz <= SCALE_MAX_HZ)
                assert_scale_exact(hz);
        }
}

/* To the nearest Hz, where 32 bits of mul tell it: below 1 GHz a unit of mul is less than half a Hz. */
static void hz_come_back_to_the_nearest(void **state)
{
    struct random r = {5};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct tsc_scale s = {(uint32_t)random_next(&r) | 1u << 31,
                              (int8_t)((int)(random_next(&r) % 14) - 3)};
        long double exact = 4294967296.0L * 1e9L / s.mul;

        exact = s.shift > 0 ? exact / (1 << s.shift) : exact * (1 << -s.shift);
        long double off = exact - scale_to_hz(s);
        assert_true(off < 0.5L + 1e-4L * (s.shift < 0 ? 8 : 1) && off > -0.5L - 1e-4L);
    }
}

/* What a reader gets, and the same with nothing cut off. */
static void ns_are_exact(void **state)
{
    struct random r = {6};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct tsc_scale s = {(uint32_t)random_next(&r) | 1u << 31,
                              (int8_t)((int)(random_next(&r) % 12) - 4)};
        uint64_t ticks = random_next(&r) >> (16 + random_next(&r) % 48), whole;
        unsigned __int128 product = (unsigned __int128)ticks * s.mul;
        uint32_t frac;

        product = s.shift < 0 ? product >> -s.shift : product << s.shift;
        whole = scale_exact_ns(s, ticks, &frac);
        assert_true(whole == (uint64_t)(product >> 32) && frac == (uint32_t)product);
        ticks = s.shift < 0 ? ticks >> -s.shift : ticks << s.shift;
        s.shift = 0;
        assert_int_equal(scale_reader_ns(s, ticks), (uint64_t)((unsigned __int128)ticks * s.mul >> 32));
    }
}

/* Never too short, and at most a tick or two too long; more than a second is one. */
static void spans_are_long_enough_and_hardly_longer(void **state)
{
    struct random r = {7};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct tsc_scale s = exact_scale(SCALE_MIN_HZ + random_next(&r) % 4000000000);
        uint64_t ns = random_next(&r) % 1000000001 >> random_next(&r) % 30, ticks = scale_ticks(s, ns);
        wide exact = ((wide)ns << 32) / s.mul + 1;

        exact = s.shift < 0 ? exact << -s.shift : (exact >> s.shift) + 1;
        assert_int_equal(ticks, exact);
    }
    struct tsc_scale ghz = exact_scale(1000000000);
    assert_int_equal(scale_ticks(ghz, 1000000001), scale_ticks(ghz, 1000000000));
    assert_int_not_equal(scale_ticks(ghz, 999999999), scale_ticks(ghz, 1000000000));
}

/*
 * Rounded to half a unit of mul, then up to a whole one: 1/4 below to 3/4 above; where mul is normalised
 * again the second rounding is finer (a bit more room) or coarser (one bit less).
 */
static void assert_deviated(struct tsc_scale nominal, int64_t deviation)
{
    struct tsc_scale s = scale_deviate(nominal, deviation);
    int places = s.shift - nominal.shift;
    wide exact = (wide)nominal.mul * (Q32_ONE + deviation), got = (wide)s.mul * Q32_ONE;
    wide off = 4 * ((places > 0 ? got * 2 : places < 0 ? got / 2 : got) - exact);

    assert_true(s.mul >= 1u << 31);
    assert_true(off >= (places > 0 ? -3 : -1) * Q32_ONE);
    assert_true(off <= (places > 0 ? 5 : places < 0 ? 1 : 3) * Q32_ONE);
}

static wide value_of(struct tsc_scale s)
{
    return (wide)s.mul << (s.shift + 20);
}

static void deviations_are_rounded_as_they_say(void **state)
{
    struct random r = {8};

    (void)state;
    for (int i = 0; i < 300000; i++) {
        uint32_t near = (uint32_t)random_next(&r) % (i % 3 ? 64 : 1u << 31);
        struct tsc_scale nominal = {i % 3 == 1 ? UINT32_MAX - near : near | 1u << 31,
                                    (int8_t)((int)(random_next(&r) % 12) - 4)};
        int64_t deviation = some(&r, 1 + random_next(&r) % 24);
        struct tsc_scale s = scale_deviate(nominal, deviation);

        assert_deviated(nominal, deviation);
        wide between = (value_of(s) - value_of(nominal)) * Q32_ONE * 2;
        wide found = (wide)scale_deviation(nominal, s) * value_of(nominal) * 2;
        assert_true(between - found <= value_of(nominal) && found - between <= value_of(nominal));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_rounded_as_they_say),
        cmocka_unit_test(quotients_are_rounded_as_they_say),
        cmocka_unit_test(ppb_go_there_and_come_back_no_smaller),
        cmocka_unit_test(the_least_the_most_and_the_magnitude),
        cmocka_unit_test(a_scale_is_the_quotient_to_the_bit),
        cmocka_unit_test(hz_come_back_to_the_nearest),
        cmocka_unit_test(ns_are_exact),
        cmocka_unit_test(spans_are_long_enough_and_hardly_longer),
        cmocka_unit_test(deviations_are_rounded_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
