/* sources: hv/time/line.c hv/time/bracket.c hv/time/outlook.c hv/time/solve.c */
/*
 * Pieces of the estimate that its whole hardly ever leads to: spans of years, and a disagreement that is
 * nothing, or just what a slip may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time/estimate.c"

static const struct tsc_scale GHZ = {1u << 31, 1}, MHZ = {4194304000u, 10};

/* Exact below 2^60 ns; all else is as far as can be. */
static void spans_end_somewhere(void **state)
{
    (void)state;
    assert_int_equal(scale_span_ns(GHZ, 0), 0);
    assert_int_equal(scale_span_ns(GHZ, (1ull << 54) - 1), (1ll << 54) - 1);
    assert_int_equal(scale_span_ns(GHZ, (1ull << 60) - 1), (1ll << 60) - 1);
    assert_int_equal(scale_span_ns(GHZ, (1ull << 60) + 1), 1ll << 60);
    assert_int_equal(scale_span_ns(GHZ, UINT64_MAX), 1ll << 60);
    assert_int_equal(scale_span_ns(MHZ, 1152921504606846), 1152921504606846000);
    assert_int_equal(scale_span_ns(MHZ, 1152921504606847), 1ll << 60);
    assert_int_equal(scale_between_ns(GHZ, 5, 12), 7);
    assert_int_equal(scale_between_ns(GHZ, 12, 5), -7);
    assert_int_equal(scale_between_ns(GHZ, 12, 12), 0);
}

/* R at 1000 is 5000..5010, at the nominal rate exactly; a ns more either way. */
static const struct outlook EXACT = {1000, 5000, 5010, 0, 0, {1u << 31, 1}, 0};

static int64_t gap(int64_t lo, int64_t hi)
{
    const struct bracket b = {1090, 1110, lo,
                              hi}; /* 5089 at least when it began, 5121 at most when it ended */

    return outlook_gap_ns(&EXACT, &b);
}

static void a_gap_is_what_lies_between(void **state)
{
    (void)state;
    assert_int_equal(gap(5100, 5110), 0);
    assert_int_equal(gap(5121, 5130), 0);
    assert_int_equal(gap(5122, 5130), 1);
    assert_int_equal(gap(6121, 6130), 1000);
    assert_int_equal(gap(5080, 5089), 0);
    assert_int_equal(gap(5080, 5088), 1);
    assert_int_equal(gap(4000, 4089), 1000);
}

/* A gap of nothing counts as one ns; the slip that is allowed still is one. */
static void a_slip_is_within_what_is_allowed(void **state)
{
    (void)state;
    for (int64_t off = 0; off < 3; off++) {
        for (uint32_t allowed = 0; allowed < 5; allowed++) {
            const struct bracket b = {1090, 1110, 5121 + off, 5130 + off};
            struct estimate e;
            struct outlook o;

            estimate_init(&e, GHZ, (struct crystal){0, allowed});
            assert_int_equal(slip(&e, &EXACT, false, &b, &o), off + 1 <= allowed);
            assert_int_equal(e.slips, off + 1 <= allowed);
            assert_int_equal(e.count, off + 1 <= allowed);
        }
    }
}

/* The known rate stays; a second one in a row may be a change of rate after all, over a ms at the least. */
static void a_second_slip_gets_room(void **state)
{
    static const struct {
        uint64_t tsc;
        int64_t room;
    } cases[] = {{1100, 429497}, {1000999, 429497}, {1001000, 429497}, {2001000, 214749}};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        const int64_t at = (int64_t)cases[i].tsc + 4000;
        const struct bracket b = {cases[i].tsc, cases[i].tsc, at + 11 + 99, at + 200};
        struct estimate e;
        struct outlook o;

        for (int again = 0; again < 2; again++) {
            estimate_init(&e, GHZ, (struct crystal){0, 1000});
            assert_int_equal(outlook_gap_ns(&EXACT, &b), 99);
            assert_true(slip(&e, &EXACT, again, &b, &o)); /* 100 ns of a ms are 429496.7 in q32 */
            assert_int_equal(e.rate_limit.hi, again ? cases[i].room : 0);
            assert_int_equal(e.rate_limit.lo, again ? -cases[i].room : 0);
            assert_int_equal(e.limit_tsc, 1000);
        }
    }
}

/* D t^2 / 2 of at most 3000 s, t and the whole rounded up. */
static void wander_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(wander_ns(10, 0), 0);
    assert_int_equal(wander_ns(1, 1), 1);
    assert_int_equal(wander_ns(2000000, 1), 1);
    assert_int_equal(wander_ns(2000000, 1000000), 1);
    assert_int_equal(wander_ns(2000000, 1000001), 4);
    assert_int_equal(wander_ns(2000001, -1000000), 2);
    assert_int_equal(wander_ns(10, 2999999000001), 45000000);
    assert_int_equal(wander_ns(10, 3000000000000), 45000000);
    assert_int_equal(wander_ns(10, 3000000000001), 45000000);
    assert_int_equal(wander_ns(10, 2999999000000), 44999971);
}

/* D t, t a ms more than has gone, for 11 days at most; and never more than 2000 ppm. */
static void the_rate_wanders_so_far(void **state)
{
    (void)state;
    assert_int_equal(wander_q32(0, NS_PER_S), 1);
    assert_int_equal(wander_q32(1000, 0), q32_from_ppb(1) + 1);
    assert_int_equal(wander_q32(1000, 999999), q32_from_ppb(1) + 1);
    assert_int_equal(wander_q32(1000, -1000000), q32_from_ppb(2) + 1);
    assert_int_equal(wander_q32(10, 999000000), q32_from_ppb(10) + 1);
    assert_int_equal(wander_q32(10, 1000000000), q32_from_ppb(11) + 1);
    assert_int_equal(wander_q32(1, 999999000000000), q32_from_ppb(1000000) + 1);
    assert_int_equal(wander_q32(1, SCALE_FAR_NS), q32_from_ppb(1000000) + 1);
    assert_int_equal(wander_q32(2, SCALE_FAR_NS), q32_from_ppb(2000000) + 1);
    assert_int_equal(wander_q32(3, SCALE_FAR_NS), q32_from_ppb(2000000) + 1);
    assert_int_equal(wander_q32(UINT32_MAX, SCALE_FAR_NS), q32_from_ppb(2000000) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_end_somewhere),
        cmocka_unit_test(a_gap_is_what_lies_between),
        cmocka_unit_test(a_slip_is_within_what_is_allowed),
        cmocka_unit_test(a_second_slip_gets_room),
        cmocka_unit_test(wander_is_rounded_up),
        cmocka_unit_test(the_rate_wanders_so_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
