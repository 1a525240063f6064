/* sources: hv/time/line.c */
/* Scaling against 128-bit arithmetic, and lines that never go back where they join. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"
#include "time/fixed.h"
#include "time/line.h"

static uint64_t some_hz(struct random *r)
{
    return SCALE_MIN_HZ + random_next(r) % (SCALE_MAX_HZ - SCALE_MIN_HZ);
}

static void scale_is_within_a_ppb_of_the_frequency(void **state)
{
    struct random r = {1};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t hz = some_hz(&r);
        struct tsc_scale s;

        assert_true(scale_from_hz(hz, &s));
        assert_true(s.mul >= 1u << 31);
        long double ratio =
            (long double)s.mul / 4294967296.0L * (s.shift < 0 ? 1.0L / (1 << -s.shift) : 1 << s.shift);
        long double error = ratio * hz / 1e9L - 1;
        assert_true(error > -1e-9L && error < 1e-9L);
        long double back = (long double)scale_to_hz(s) / hz - 1;
        assert_true(back > -2e-6L / 1 && back < 2e-6L &&
                    (back > -1.6e-9L - 1.0L / hz && back < 1.6e-9L + 1.0L / hz));
    }
}

static void a_frequency_of_0_is_refused(void **state)
{
    struct tsc_scale s;

    (void)state;
    assert_false(scale_from_hz(0, &s));
    assert_false(scale_from_hz(SCALE_MIN_HZ - 1, &s));
    assert_false(scale_from_hz(SCALE_MAX_HZ + 1, &s));
    assert_true(scale_from_hz(SCALE_MIN_HZ, &s) && scale_from_hz(SCALE_MAX_HZ, &s));
}

static void days_of_ticks_do_not_overflow(void **state)
{
    struct tsc_scale s;
    uint64_t year_ticks = 3000000000ull * 86400 * 365;

    (void)state;
    assert_true(scale_from_hz(3000000000ull, &s));
    uint64_t ns = scale_reader_ns(s, year_ticks);
    assert_true(ns > 86400ull * 365 * 999999999 && ns < 86400ull * 365 * 1000000001);
}

static void exact_is_never_below_the_reader_nor_a_shift_above(void **state)
{
    struct random r = {2};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct tsc_scale s = {(uint32_t)random_next(&r) | 1u << 31,
                              (int8_t)((int)(random_next(&r) % 12) - 4)};
        uint64_t ticks = random_next(&r) >> (16 + random_next(&r) % 40);
        uint32_t frac;
        uint64_t exact = scale_exact_ns(s, ticks, &frac), reader = scale_reader_ns(s, ticks);

        assert_true(exact >= reader && exact - reader <= 16);
    }
}

/* 2^54 ticks are 52 days of a TSC of 4 GHz, and 571 years of one of 1 MHz. */
static void a_span_is_what_it_is_up_to_36_years(void **state)
{
    struct tsc_scale fast, slow;

    (void)state;
    assert_true(scale_from_hz(4000000000ull, &fast) && scale_from_hz(SCALE_MIN_HZ, &slow));
    for (uint64_t days = 1; days < 13000; days = days * 3 / 2 + 1) {
        int64_t ns = (int64_t)(days * 86400 * 1000000000);

        assert_in_range(scale_span_ns(fast, days * 86400 * 4000000000ull) - ns + 1, 0, 1);
        assert_in_range(scale_span_ns(slow, days * 86400 * 1000000) - ns + 1, 0, 1);
    }
    assert_int_equal(scale_span_ns(fast, UINT64_MAX), SCALE_FAR_NS);
    assert_int_equal(scale_span_ns(slow, UINT64_MAX), SCALE_FAR_NS);
    assert_int_equal(scale_between_ns(fast, UINT64_MAX, 0), -SCALE_FAR_NS);
}

static void ticks_for_a_span_last_at_least_that_long(void **state)
{
    struct random r = {3};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct tsc_scale s;
        uint64_t ns = random_next(&r) % 1000000001;

        assert_true(scale_from_hz(some_hz(&r), &s));
        uint64_t ticks = scale_ticks(s, ns);
        assert_true(scale_reader_ns(s, ticks) + 1 >= ns);
        assert_true(scale_reader_ns(s, ticks) <= ns + 4000 + ns / 1000000000);
    }
}

static void deviation_goes_there_and_back(void **state)
{
    struct random r = {4};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct tsc_scale nominal;
        int64_t deviation = (int64_t)(random_next(&r) % (1u << 24)) - (1 << 23);

        assert_true(scale_from_hz(some_hz(&r), &nominal));
        struct tsc_scale s = scale_deviate(nominal, deviation);
        assert_true(s.mul >= 1u << 31);
        assert_true(abs_i64(scale_deviation(nominal, s) - deviation) <= 3);
    }
}

/*
 * T1 at every joint: whatever the rates, what the new line gives is at no TSC less than what the old one
 * gave.
 */
static void lines_never_go_back_and_lose_nothing(void **state)
{
    struct random r = {5};
    struct tsc_scale nominal;

    (void)state;
    assert_true(scale_from_hz(2596122000ull, &nominal));
    struct line line = {.tsc = 1000, .ns = 5, .scale = nominal};
    long double truth = 5;

    for (int i = 0; i < 100000; i++) {
        uint64_t joint = line.tsc + random_next(&r) % 1000000;
        struct tsc_scale scale = scale_deviate(nominal, (int64_t)(random_next(&r) % 4000000) - 2000000);
        struct line next = line_follow(&line, joint, scale, 0);

        assert_true(next.ns >= line_read(&line, joint));
        truth += (long double)(joint - line.tsc) * line.scale.mul / 4294967296.0L /
                 (line.scale.shift < 0 ? 1 << -line.scale.shift : 1);
        assert_true(truth - next.ns > -0.01L && truth - next.ns < 1.01L); /* the fraction is kept, not lost */
        line = next;
    }
}

static void a_tsc_before_the_joint_reads_as_the_joint(void **state)
{
    struct line line = {.tsc = 1000000, .ns = 77, .scale = {1u << 31, 0}};

    (void)state;
    assert_int_equal(line_read(&line, 999999), 77);
    assert_int_equal(line_read(&line, 0), 77);
    struct line back = line_follow(&line, 10, line.scale, 3);
    assert_int_equal(back.tsc, 10);
    assert_int_equal(back.ns, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_is_within_a_ppb_of_the_frequency),
        cmocka_unit_test(a_frequency_of_0_is_refused),
        cmocka_unit_test(days_of_ticks_do_not_overflow),
        cmocka_unit_test(exact_is_never_below_the_reader_nor_a_shift_above),
        cmocka_unit_test(a_span_is_what_it_is_up_to_36_years),
        cmocka_unit_test(ticks_for_a_span_last_at_least_that_long),
        cmocka_unit_test(deviation_goes_there_and_back),
        cmocka_unit_test(lines_never_go_back_and_lose_nothing),
        cmocka_unit_test(a_tsc_before_the_joint_reads_as_the_joint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
