/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/window.c */
/* Counts, wraps of a counter, brackets and the window, to the ns: what is rounded, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"
#include "time/fixed.h"
#include "time/window.h"

typedef unsigned __int128 wide;

static const struct counter HPET = {10000000, 1000000, 64};
static const struct counter PMTIMER = {88000, 315, 24};
static const struct counter PIT = {88000, 105, 16};
static const struct counter MOST = {(1u << 30) - 1, (1u << 30) - 3, 32};
static const struct counter *const COUNTERS[] = {&HPET, &PMTIMER, &PIT, &MOST};

static void counts_and_ns_are_exact(void **state)
{
    struct random r = {1};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        const struct counter *c = COUNTERS[i % 4];
        uint64_t value = random_next(&r) >> (14 + random_next(&r) % 50);

        assert_int_equal(counter_ns(c, value), (wide)value * c->num / c->den);
        assert_int_equal(counter_from_ns(c, (int64_t)value), (wide)value * c->den / c->num);
    }
    assert_int_equal(counter_from_ns(&HPET, 0), 0);
    assert_int_equal(counter_from_ns(&HPET, -1), 0);
    assert_int_equal(counter_from_ns(&HPET, -1000000), 0);
    assert_int_equal(counter_from_ns(&HPET, 10), 1);
    for (int64_t ns = -2; ns <= 2; ns++)
        assert_int_equal(counter_from_ns(&(struct counter){1, 1, 64}, ns), ns > 0 ? ns : 0);
}

/* The nearest that has these low bits: half a wrap ahead still is, one more is behind. */
static void the_nearest_turn_is_taken(void **state)
{
    const uint64_t wrap = 1 << 16, expected = 10 * wrap + 123;

    (void)state;
    for (uint64_t ahead = 0; ahead < wrap; ahead++) {
        uint64_t count = ahead <= wrap / 2 ? expected + ahead : expected + ahead - wrap;

        assert_int_equal(counter_unwrap(&PIT, expected, (expected + ahead) % wrap), count);
    }
    for (unsigned bits = 8; bits < 62; bits++) {
        const struct counter c = {1, 1, bits};
        uint64_t at = (1ull << bits) / 4;

        assert_int_equal(counter_unwrap(&c, at, at), at);
        assert_int_equal(counter_unwrap(&c, at, at + 1), at + 1);
        assert_int_equal(counter_unwrap(&c, at, at - 1), at - 1);
        assert_int_equal(counter_unwrap(&c, at + (1ull << bits), at - 1), at - 1 + (1ull << bits));
    }
    assert_int_equal(counter_unwrap(&HPET, 77, 1ull << 63), 1ull << 63);
}

/* A count is not negative: what would lie before zero is the wrap ahead. */
static void no_turn_is_before_zero(void **state)
{
    (void)state;
    assert_int_equal(counter_unwrap(&PIT, 5, 4), 4);
    assert_int_equal(counter_unwrap(&PIT, 5, 0), 0);
    assert_int_equal(counter_unwrap(&PIT, 5, 65535), 65535);
    assert_int_equal(counter_unwrap(&PIT, 5, 60000), 60000);
    assert_int_equal(counter_unwrap(&PIT, 65536 + 5, 65535), 65535);
}

static void assert_bracket(struct bracket b, int64_t lo, int64_t hi)
{
    assert_int_equal(b.tsc_lo, 5);
    assert_int_equal(b.tsc_hi, 6);
    assert_int_equal(b.ref_lo_ns, lo);
    assert_int_equal(b.ref_hi_ns, hi);
}

/* From the count to the next one; at an edge to a ns, for rounding. Before the origin rounded down too. */
static void a_bracket_holds_the_count_and_no_more(void **state)
{
    (void)state;
    assert_bracket(bracket_from_count(&HPET, 1000, 1700, false, 5, 6), 7000, 7011);
    assert_bracket(bracket_from_count(&HPET, 1000, 1700, true, 5, 6), 7000, 7001);
    assert_bracket(bracket_from_count(&HPET, 1000, 1000, true, 5, 6), 0, 1);
    assert_bracket(bracket_from_count(&HPET, 1000, 999, true, 5, 6), -11, -10);
    assert_bracket(bracket_from_count(&HPET, 1000, 400, false, 5, 6), -6001, -5990);
    assert_bracket(bracket_from_count(&PIT, 0, 1, false, 5, 6), 838, 1677);
    assert_bracket(bracket_from_count(&PIT, 0, 1, true, 5, 6), 838, 839);
}

/* ---- The window ---- */

static struct bracket at(uint64_t tsc, uint64_t width, int64_t ns)
{
    return (struct bracket){tsc, tsc + width, ns, ns + 100};
}

/* Ticks between the middles over ns between the middles: the quotient itself, rounded down once. */
static void a_rate_is_the_quotient_to_the_hz(void **state)
{
    struct random r = {2};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t hz = SCALE_MIN_HZ + random_next(&r) % (SCALE_MAX_HZ - SCALE_MIN_HZ);
        int64_t ns = 1000 + (int64_t)(random_next(&r) % 60000000000 >> random_next(&r) % 24);
        uint64_t ticks = (uint64_t)((wide)hz * (uint64_t)ns / NS_PER_S),
                 start = random_next(&r) % (1ull << 60);
        struct bracket first = at(start / 2 * 2, 40, -77),
                       last = at(start / 2 * 2 + ticks / 2 * 2, 40, ns - 77);
        uint64_t exact = (uint64_t)((wide)(ticks / 2 * 2) * NS_PER_S / (uint64_t)ns);

        if (exact < SCALE_MIN_HZ || exact > SCALE_MAX_HZ || ticks >> 40)
            exact = 0;
        assert_int_equal(bracket_hz(&first, &last), exact);
    }
}

static uint64_t hz_of(uint64_t ticks, int64_t ns)
{
    struct bracket first = at(1000, 40, 500), last = at(1000 + ticks, 40, 500 + ns);

    return bracket_hz(&first, &last);
}

static void what_is_no_rate_is_0(void **state)
{
    struct bracket first = at(1000, 40, 500), before = at(998, 40, 5000);

    (void)state;
    assert_int_equal(hz_of(1000, 1000), 1000000000);
    assert_int_equal(hz_of(998, 998), 0); /* less than a us apart */
    assert_int_equal(hz_of(1000, 1000000), 1000000);
    assert_int_equal(hz_of(1000, 1001000), 0);
    assert_int_equal(hz_of(16000, 1000), 16000000000);
    assert_int_equal(hz_of(16002, 1000), 0);
    assert_int_equal(hz_of((1ull << 40) - 2, 1ll << 40), 999999999);
    assert_int_equal(hz_of(1ull << 40, 1ll << 40), 0);
    assert_int_equal(bracket_hz(&first, &before), 0);       /* the TSC went back */
    before = (struct bracket){900, 201140, 100500, 100600}; /* it went back, though its middle did not */
    assert_int_equal(bracket_hz(&first, &before), 0);
    /* The middles count: a wide bracket whose middle is where another's is. */
    first = (struct bracket){1000, 3000, 0, 100};
    struct bracket last = {101900, 102100, 100000, 100100};
    assert_int_equal(bracket_hz(&first, &last), 1000000000);
    first = (struct bracket){1000, 1000, 0, 4000};
    last = (struct bracket){99000, 99000, 99950, 100050};
    assert_int_equal(bracket_hz(&first, &last), 1000000000);
}

static struct window filled(uint64_t step_ticks, uint64_t step_counts, unsigned count)
{
    struct window w;

    window_init(&w, &HPET);
    for (unsigned i = 0; i < count; i++)
        assert_true(
            window_add(&w, 500 + i * step_counts, false, 4000 + i * step_ticks, 4100 + i * step_ticks));
    return w;
}

/* On the line through the first reading at the rate so far; without a rate where the last one is. */
static void a_window_extrapolates(void **state)
{
    struct window w = filled(30000000, 1000000, 3); /* 3 GHz, 10 ms apart */

    (void)state;
    assert_int_equal(w.origin, 500);
    assert_in_range(window_expect_ns(&w, 4000 + 3 * 30000000), 29999990, 30000010);
    assert_in_range(window_expect_ns(&w, 4000 + 3000 * 30000000ull), 29999999000, 30000001000);
    assert_int_equal(window_expect_ns(&w, 4000), w.bracket[0].ref_lo_ns);
    w = filled(30000000, 1000000, 1);
    assert_int_equal(window_expect_ns(&w, 99999999), w.bracket[0].ref_lo_ns);
    w = filled(30, 1000000, 2); /* 3 kHz is none */
    assert_int_equal(window_expect_ns(&w, 99999999), w.bracket[1].ref_lo_ns);
}

static void a_window_refuses_what_went_back(void **state)
{
    struct window w = filled(30000000, 1000000, 2), same = w;

    (void)state;
    assert_false(window_add(&w, 2000500, false, 70000000, 69999999));
    assert_true(window_add(&w, 2000500, false, 70000000, 70000000));
    assert_false(window_add(&same, 2000500, false, 30003999, 30004200)); /* before the reading before it */
    assert_true(window_add(&same, 2000500, false, 30004000, 30004200));
    w = filled(30000000, 1000000, 1);
    assert_false(window_add(&w, 499, false, 5000, 5100)); /* a counter that went back */
    assert_int_equal(w.count, 1);
    assert_true(window_add(&w, 500, false, 5000, 5100));
}

static void a_full_window_takes_no_more(void **state)
{
    struct window w = filled(30000000, 1000000, WINDOW_MAX);
    struct estimate e;
    struct outlook o;

    (void)state;
    assert_false(window_add(&w, 500 + WINDOW_MAX * 1000000, false, 1ull << 40, 1ull << 40));
    assert_int_equal(w.count, WINDOW_MAX);
    assert_true(window_close(&w, (struct crystal){10, 7}, &e, &o));
    assert_int_equal(e.crystal.wander_ppb_s, 10);
    assert_int_equal(e.crystal.slip_ns, 7);
    assert_in_range(scale_to_hz(e.nominal), 3000000000, 3000000001);
    assert_int_equal(o.tsc, e.bracket[e.count - 1].tsc_hi);
}

static void a_window_closes_with_two_readings(void **state)
{
    struct window w = filled(30000000, 1000000, 2);
    struct estimate e;
    struct outlook o;

    (void)state;
    assert_true(window_close(&w, (struct crystal){10, 0}, &e, &o));
    assert_int_equal(e.count, 2);
    w = filled(30000000, 1000000, 1);
    assert_false(window_close(&w, (struct crystal){10, 0}, &e, &o));
    w = filled(30000000, 1000000, 3);
    w.bracket[1].ref_lo_ns += 5000000; /* readings that contradict one another */
    w.bracket[1].ref_hi_ns += 5000000;
    assert_false(window_close(&w, (struct crystal){10, 0}, &e, &o));
}

/* A counter of 16 bits across four of its wraps: each reading is on the right one. */
static void a_window_counts_the_turns(void **state)
{
    struct window w;

    (void)state;
    window_init(&w, &PIT);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t ns = 3000000 + i * 12000000ull, count = (uint64_t)((wide)ns * 105 / 88000) + 60000;

        assert_true(window_add(&w, count % 65536, true, ns * 3, ns * 3 + 90));
        assert_int_equal(w.origin + counter_from_ns(&PIT, w.bracket[i].ref_hi_ns), w.origin + count - 63579);
    }
}

static void a_turn_is_all_the_counts(void **state)
{
    const struct counter pm = {88000, 315, 24}, hpet32 = {10000000, 1000000, 32},
                         hours = {10000000, 1000000, 40};

    (void)state;
    assert_int_equal(counter_wrap_ns(&PIT), 54925409);  /* 65536 * 88000 / 105 */
    assert_int_equal(counter_wrap_ns(&pm), 4686968279); /* 2^24 * 88000 / 315 */
    assert_int_equal(counter_wrap_ns(&hpet32), 42949672960);
    assert_int_equal(counter_wrap_ns(&hours), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_ns_are_exact),
        cmocka_unit_test(the_nearest_turn_is_taken),
        cmocka_unit_test(no_turn_is_before_zero),
        cmocka_unit_test(a_turn_is_all_the_counts),
        cmocka_unit_test(a_bracket_holds_the_count_and_no_more),
        cmocka_unit_test(a_rate_is_the_quotient_to_the_hz),
        cmocka_unit_test(what_is_no_rate_is_0),
        cmocka_unit_test(a_window_extrapolates),
        cmocka_unit_test(a_window_refuses_what_went_back),
        cmocka_unit_test(a_full_window_takes_no_more),
        cmocka_unit_test(a_window_closes_with_two_readings),
        cmocka_unit_test(a_window_counts_the_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
