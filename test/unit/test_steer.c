/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/timeline.c */
/*
 * The timeline to the ns and the ppb, on what all CPUs know given by hand: the sum that the
 * bound is, how hard S is steered, where it steps, and for how long the bound is unknown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time/fixed.h"
#include "time/timeline.h"

#define SECOND  1000000000ll
#define START   5000000ull /* TSC, and S, where the lines begin */
#define UNKNOWN UINT64_MAX

static const struct tsc_scale GHZ = {1u << 31, 1}, MHZ = {4194304000u, 10};

/* All that is known: R in a range, the rate as nominal. */
static struct consensus knows(int64_t lo, int64_t hi)
{
    return (struct consensus){.count = 1, .agree = true, .value = {lo, hi}, .value_hull = {lo, hi}};
}

static struct timeline begun(struct tsc_scale nominal, uint32_t tolerance_ppb)
{
    struct consensus first = knows((int64_t)START, (int64_t)START);
    struct timeline t;

    timeline_start(&t, START, nominal, &first, tolerance_ppb);
    return t;
}

static void assert_rate(const struct timeline *t, int64_t deviation_q32)
{
    struct tsc_scale expected = scale_deviate(t->nominal, deviation_q32);

    assert_int_equal(t->line.scale.mul, expected.mul);
    assert_int_equal(t->line.scale.shift, expected.shift);
}

/* ---- The start ---- */

static void s_begins_in_the_middle_of_what_r_can_be(void **state)
{
    struct consensus first = knows(100, 205);
    struct timeline t;

    (void)state;
    first.rate = (struct range){1000, 200000};
    timeline_start(&t, 77, GHZ, &first, 5);
    assert_int_equal(t.line.tsc, 77);
    assert_int_equal(t.line.ns, 152);
    assert_int_equal(t.line.frac, 0);
    assert_rate(&t, 100500);
    assert_true(t.anchored);
    assert_int_equal(t.anchor_ns, 0);
    assert_int_equal(t.tolerance_ppb, 5);
    assert_int_equal(t.disruptions + t.settling, 0);
    first.value = (struct range){-300, -100}; /* S is not negative */
    timeline_start(&t, 77, GHZ, &first, 0);
    assert_int_equal(t.line.ns, 0);
}

/* ---- The bound ---- */

/* Where S is at the joint, and how far the far end of what is possible: at either side. */
static void the_bound_reaches_the_far_end(void **state)
{
    static const struct {
        int64_t lo, hi;
        uint64_t ns;
    } cases[] = {{-100, 40, 100}, {-40, 100, 100}, {20, 90, 90}, {-90, -20, 90}, {0, 0, 0}};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct timeline t = begun(GHZ, 0);
        int64_t s = (int64_t)START + 1000;
        struct consensus all = knows(s, s);

        all.value_hull = (struct range){s + cases[i].lo, s + cases[i].hi};
        /* The reader's truncation, its shift, the nominal scale; a tick of 1 ns, and that in whole ns. */
        assert_int_equal(timeline_update(&t, START + 1000, &all).ns, cases[i].ns + 3 + 1 + 1);
        assert_int_equal(t.line.tsc, START + 1000);
        assert_int_equal(t.line.ns, s);
        assert_int_equal(t.bound.ns, cases[i].ns + 5);
    }
}

static void a_slow_tsc_adds_its_tick(void **state)
{
    struct timeline t = begun(MHZ, 0);
    struct consensus all = knows((int64_t)START, (int64_t)START);

    (void)state;
    assert_int_equal(timeline_update(&t, START, &all).ns, 3 + 1 + 1000);
}

/* A ns of S may be slower than a nominal ns by 1000 ppm: the growth is larger by 1/512. */
static uint32_t of_slow_ns(uint32_t ppb)
{
    return ppb + ppb / 512 + 1;
}

/* The farthest rate from the line's, rounded up, half the wander of a second, the reference's tolerance. */
static void the_growth_is_the_farthest_rate(void **state)
{
    struct timeline t = begun(GHZ, 0);
    struct consensus all = knows((int64_t)START, (int64_t)START);

    (void)state;
    all.rate_hull = (struct range){-4294967, 429496};
    assert_int_equal(timeline_update(&t, START, &all).ppb,
                     of_slow_ns(1000001)); /* 4294968 / 2^32, rounded up */
    all.rate_hull = (struct range){-429496, 4294967};
    all.wander_ppb_s = 10;
    assert_int_equal(timeline_update(&t, START, &all).ppb, of_slow_ns(1000006));
    t.tolerance_ppb = 700;
    assert_int_equal(timeline_update(&t, START, &all).ppb, of_slow_ns(1000706));
    all.rate = all.rate_hull = (struct range){429496, 429496};
    assert_int_equal(timeline_update(&t, START, &all).ppb, of_slow_ns(1 + 5 + 700));
    assert_rate(&t, 429496);
}

/* So much of all the time since boot as the reference may be off: in ms of it, one begun counts. */
static void the_tolerance_is_of_all_the_time(void **state)
{
    struct timeline t = begun(GHZ, 7);
    int64_t s = 123456789012;
    struct consensus all = knows(s, s);

    (void)state;
    t.line.ns = (uint64_t)s;
    assert_int_equal(timeline_update(&t, START, &all).ns, 5 + 865); /* 123457 ms * 7 ppb = 864.199 ns */
    t.tolerance_ppb = 1000;                                         /* of every single ms */
    t.line.ns = 999999 * 1000000ull;
    all = knows(999999 * 1000000ll, 999999 * 1000000ll);
    assert_int_equal(timeline_update(&t, START, &all).ns, 5 + 1000000);
    t.tolerance_ppb = 7;
    t.line.ns = 1000 * SECOND;
    all = knows(1000 * SECOND, 1000 * SECOND);
    assert_int_equal(timeline_update(&t, START, &all).ns, 5 + 7001);
}

/* A growth of 2000 ppm says nothing any more. */
static void a_rate_beyond_all_sense_is_unknown(void **state)
{
    struct timeline t = begun(GHZ, 0);
    struct consensus all = knows((int64_t)START, (int64_t)START);

    (void)state;
    all.wander_ppb_s = 2 * 1996099;
    assert_int_equal(timeline_update(&t, START, &all).ppb, 1999999); /* of 1996100 */
    all.wander_ppb_s++;
    assert_int_equal(timeline_update(&t, START, &all).ppb, UINT32_MAX);
    assert_int_equal(timeline_update(&t, START, &all).ns, UNKNOWN);
}

/* ---- Steering ---- */

/* An offset is worked off as if over a second, by at most 500 ppm; R's own rate beneath. */
static void s_is_steered_so_hard(void **state)
{
    static const struct {
        int64_t off_ns, slew_q32;
    } cases[] = {{0, 0},
                 {1, 4},
                 {-1, -5},
                 {1000, 4294},
                 {-1000, -4295},
                 {499999, 2147479},
                 {500001, 2147483},
                 {-499999, -2147480},
                 {-600000, -2147483},
                 {SECOND - 1, 2147483},
                 {1 - SECOND, -2147483},
                 {SECOND, 2147483},
                 {-SECOND, -2147483},
                 {100 * SECOND, 2147483},
                 {-100 * SECOND, -2147483}};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct timeline t = begun(GHZ, 0);
        struct consensus all = knows(0, 0);

        t.line.ns += 1000 * SECOND;
        all.value.lo = all.value.hi = (int64_t)t.line.ns + cases[i].off_ns;
        all.rate = (struct range){-200000, -100000};
        timeline_update(&t, START, &all);
        assert_rate(&t, -150000 + cases[i].slew_q32);
        assert_int_equal(t.line.ns, START + 1000 * SECOND); /* nothing steps */
        t.free_running = true;
        all.rate = (struct range){1, 1};
        timeline_update(&t, START, &all);
        assert_rate(&t, -150000 + cases[i].slew_q32);
    }
}

static void no_agreement_no_bound_and_no_steering(void **state)
{
    struct timeline t = begun(GHZ, 0);
    struct consensus all = knows((int64_t)START + 500, (int64_t)START + 500);

    (void)state;
    all.agree = false;
    all.rate = (struct range){100, 100};
    assert_int_equal(timeline_update(&t, START + 100, &all).ns, UNKNOWN);
    assert_int_equal(t.bound.ppb, UINT32_MAX);
    assert_rate(&t, 0);
    assert_int_equal(t.line.tsc, START + 100);
    assert_int_equal(t.line.ns, START + 100);
    assert_true(t.anchored);
}

/* ---- Disruptions ---- */

/* Counted; S where it was, or as high as was read; four updates without a bound, and the fifth has it. */
static void four_updates_without_a_bound(void **state)
{
    static const uint64_t seen[] = {0, START + 499, START + 500, START + 501, START + 90000};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct timeline t = begun(GHZ, 0);
        uint64_t s = seen[i] > START + 500 ? seen[i] : START + 500;
        struct consensus all = knows(77, 79);

        timeline_disrupt(&t, START + 500, seen[i]);
        assert_int_equal(t.disruptions, 1);
        assert_int_equal(t.line.ns, s);
        assert_int_equal(t.line.tsc, START + 500);
        assert_int_equal(t.bound.ns, UNKNOWN);
        assert_false(t.anchored);
        for (unsigned update = 1; update <= 4; update++)
            assert_int_equal(timeline_update(&t, START + 500, &all).ns, UNKNOWN);
        assert_int_equal(t.anchor_ns, (int64_t)s - 78);
        assert_int_equal(timeline_update(&t, START + 500, &all).ns, 1 + 5 + (s - 78 - (uint64_t)t.anchor_ns));
        assert_int_equal(timeline_update(&t, START + 500, &all).ns, 1 + 5);
        assert_rate(&t, 0); /* tied to R where it was: nothing to work off */
    }
}

/* Tied to R by another's anchor: forward at once, back by steering only. */
static void a_common_anchor(void **state)
{
    (void)state;
    for (int64_t off = -300; off <= 300; off += 100) {
        struct timeline t = begun(GHZ, 0);
        struct consensus all = knows(1000, 1003);

        timeline_disrupt(&t, START, 0);
        timeline_anchor(&t, START + 50, &all, (int64_t)START + 50 - 1001 + off);
        assert_true(t.anchored);
        assert_int_equal(t.anchor_ns, (int64_t)START + 50 - 1001 + off);
        assert_int_equal(t.line.tsc, START + 50);
        assert_int_equal(t.line.ns, START + 50 + (uint64_t)max_i64(0, off));
        timeline_update(&t, START + 50, &all);
        assert_rate(&t, q32_ratio_floor(min_i64(0, off), SECOND));
    }
}

static void loosened_is_disrupted_without_a_step(void **state)
{
    struct timeline t = begun(GHZ, 0);
    struct line before = t.line;

    (void)state;
    t.bound = (struct bound){5, 6};
    timeline_loosen(&t);
    assert_int_equal(t.disruptions, 1);
    assert_int_equal(t.settling, 4);
    assert_false(t.anchored);
    assert_int_equal(t.bound.ns, UNKNOWN);
    assert_memory_equal(&t.line, &before, sizeof before);
}

/* S at the last look and R since, at the fastest that S may be; no more than a cap. */
static void the_most_that_was_read(void **state)
{
    const uint64_t cap = 5 * SECOND, far = START + SECOND + 3003000 + 2;
    struct timeline t = begun(GHZ, 0);

    (void)state;
    t.bound = (struct bound){40, 3000000}; /* 3000 ns in each ms begun */
    assert_int_equal(timeline_at_most(&t, START, 0, cap), 0);
    assert_int_equal(timeline_at_most(&t, START, -1, cap), 0);
    assert_int_equal(timeline_at_most(&t, START, 1, cap), START + 1 + 3000 + 2);
    assert_int_equal(timeline_at_most(&t, START, 999999, cap), START + 999999 + 3000 + 2);
    assert_int_equal(timeline_at_most(&t, START, 1000000, cap), START + 1000000 + 6000 + 2);
    assert_int_equal(timeline_at_most(&t, START + 700, 1, cap), START + 700 + 1 + 3000 + 2);
    assert_int_equal(timeline_at_most(&t, START - 5000, 1, cap), START - 5000 + 10 + 1 + 3000 + 2);
    assert_int_equal(timeline_at_most(&t, START, SECOND, far + 1), far);
    assert_int_equal(timeline_at_most(&t, START, SECOND, far - 1), far - 1);
    assert_int_equal(timeline_at_most(&t, START, INT64_MAX, cap), cap);
    assert_int_equal(timeline_at_most(&t, START, 1, START + 1), START + 1); /* S itself is beyond it */
    assert_int_equal(timeline_at_most(&t, START, 1, 5), 5);
    t.bound.ns = UNKNOWN; /* then 500 ppm of the TSC's and as much of the slew */
    assert_int_equal(timeline_at_most(&t, START, 1, cap), START + 1 + 1000 + 2);
}

/* The higher of two at one TSC, to the fraction of a ns, with the greater count of disruptions. */
static void the_higher_line_wins(void **state)
{
    (void)state;
    for (int ns = -1; ns <= 1; ns++) {
        for (int frac = -1; frac <= 1; frac++) {
            struct timeline a = begun(GHZ, 0), b = begun(GHZ, 0);
            bool b_wins = ns > 0 || (ns == 0 && frac > 0);

            a.line.frac = b.line.frac = 500;
            a.disruptions = 3;
            b.line.ns += (uint64_t)(int64_t)ns;
            b.line.frac += (uint32_t)frac;
            b.disruptions = (uint16_t)(3 + frac);
            b.line.scale = scale_deviate(GHZ, 100000);
            b.anchor_ns = 9;
            timeline_join(&a, &b, START);
            assert_int_equal(a.anchor_ns, b_wins ? 9 : 0);
            assert_rate(&a, b_wins ? 100000 : 0);
            assert_int_equal(a.line.ns, START + (uint64_t)(int64_t)(b_wins ? ns : 0));
            assert_int_equal(a.line.frac, b_wins ? 500 + frac : 500);
            assert_int_equal(a.disruptions, frac > 0 ? 4 : 3);
        }
    }
}

/* Each is carried to the TSC of the joint first, on its own line; counts of disruptions wrap. */
static void the_higher_line_at_the_joint(void **state)
{
    struct timeline a = begun(GHZ, 0), b = begun(GHZ, 0);

    (void)state;
    a.line.ns += 10;
    b.line.scale = scale_deviate(GHZ, 4294967); /* 1000 ppm faster: 100 ns more by then */
    a.disruptions = 65535;
    b.disruptions = 1;
    timeline_join(&a, &b, START + 100000);
    assert_int_equal(a.line.tsc, START + 100000);
    assert_in_range(a.line.ns, START + 100000 + 98, START + 100000 + 101);
    assert_int_equal(a.disruptions, 1);
    b = begun(GHZ, 0);
    b.disruptions = 65535;
    timeline_join(&a, &b, START + 200000);
    assert_int_equal(a.disruptions, 1);
    assert_int_equal(a.line.tsc, START + 200000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s_begins_in_the_middle_of_what_r_can_be),
        cmocka_unit_test(the_bound_reaches_the_far_end),
        cmocka_unit_test(a_slow_tsc_adds_its_tick),
        cmocka_unit_test(the_growth_is_the_farthest_rate),
        cmocka_unit_test(the_tolerance_is_of_all_the_time),
        cmocka_unit_test(a_rate_beyond_all_sense_is_unknown),
        cmocka_unit_test(s_is_steered_so_hard),
        cmocka_unit_test(no_agreement_no_bound_and_no_steering),
        cmocka_unit_test(four_updates_without_a_bound),
        cmocka_unit_test(a_common_anchor),
        cmocka_unit_test(loosened_is_disrupted_without_a_step),
        cmocka_unit_test(the_most_that_was_read),
        cmocka_unit_test(the_higher_line_wins),
        cmocka_unit_test(the_higher_line_at_the_joint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
