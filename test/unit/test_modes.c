/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/timeline.c hv/time/align.c */
/* What modes and disruptions are made of: pairs that met, the highest line, how far S may have been. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "time/fixed.h"
#include "time/align.h"
#include "time/timeline.h"

#define CPUS 5u
#define HZ   3000000000ull

static struct pair table[CPUS * CPUS];
static struct pairs pairs;

static const struct offset IN_STEP = {-100, 90}, AHEAD = {1, 50}, BEHIND = {-50, -1};

static void begin(void)
{
    memset(table, 0, sizeof table);
    pairs_start(&pairs, CPUS, table);
}

static void test_a_pair_is_believed_after_four_meetings(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < PAIRS_PASSES; i++) {
        assert_false(pairs_in_step(&pairs, 1, 3));
        assert_true(pairs_note(&pairs, 1, 3, IN_STEP));
    }
    assert_true(pairs_in_step(&pairs, 1, 3));
    assert_false(pairs_in_step(&pairs, 1, 4)); /* nobody else's */
    assert_true(pairs_note(&pairs, 1, 3, IN_STEP));
    assert_true(pairs_in_step(&pairs, 1, 3));
}

static void test_a_missed_meeting_says_nothing(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < PAIRS_PASSES; i++) {
        assert_true(pairs_note(&pairs, 0, 1, OFFSET_UNKNOWN));
        assert_false(pairs_in_step(&pairs, 0, 1));
        assert_true(pairs_note(&pairs, 0, 1, IN_STEP));
    }
    assert_true(pairs_in_step(&pairs, 0, 1));
}

static void one_out_of_step(struct offset offset)
{
    begin();
    for (unsigned i = 0; i < PAIRS_PASSES; i++) {
        pairs_note(&pairs, 0, 1, IN_STEP);
        pairs_note(&pairs, 2, 3, IN_STEP);
    }
    assert_false(pairs_note(&pairs, 0, 4, offset));
    assert_false(pairs_in_step(&pairs, 0, 1));
    assert_false(pairs_in_step(&pairs, 2, 3));
    for (unsigned i = 0; i < PAIRS_PASSES; i++) /* what was met before does not count again */
        assert_false(pairs_in_step(&pairs, 0, 1) || !pairs_note(&pairs, 0, 1, IN_STEP));
    assert_true(pairs_in_step(&pairs, 0, 1));
    assert_false(pairs_in_step(&pairs, 2, 3));
}

static void test_one_pair_out_of_step_and_all_begin_again(void **state)
{
    (void)state;
    one_out_of_step(AHEAD);
    one_out_of_step(BEHIND);
}

static void test_a_disruption_makes_all_begin_again(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < PAIRS_PASSES; i++)
        pairs_note(&pairs, 0, 1, IN_STEP);
    pairs_forget(&pairs);
    assert_false(pairs_in_step(&pairs, 0, 1));
}

static void test_two_times_of_knowing(void **state)
{
    (void)state;
    struct offset both = offset_join((struct offset){-10, 30}, (struct offset){5, 40});
    assert_int_equal(both.lo, 5);
    assert_int_equal(both.hi, 30);
    both = offset_join((struct offset){-10, 4}, (struct offset){5, 40}); /* it changed in between */
    assert_int_equal(offset_judge(both), ALIGNMENT_APART);
}

/* ---- Lines ---- */

static struct timeline line_at(uint64_t tsc, uint64_t ns, int64_t ppm)
{
    struct timeline t = {.line = {.tsc = tsc, .ns = ns}, .anchored = true, .bound = {100, 1000}};

    assert_true(scale_from_hz(HZ, &t.nominal));
    t.line.scale = scale_deviate(t.nominal, q32_from_ppb(ppm * 1000));
    return t;
}

/* At the joint it is the higher one, and at least what a reader had from either. */
static void test_the_highest_line_goes_on(void **state)
{
    struct random r = {7};
    (void)state;
    for (int i = 0; i < 2000; i++) {
        uint64_t tsc = 1000000000000ull + random_next(&r) % HZ, joint;
        struct timeline a = line_at(tsc, 5000000000ull, (int64_t)(random_next(&r) % 400) - 200);
        struct timeline b =
            line_at(tsc + random_next(&r) % 100000, 5000000000ull + random_next(&r) % 40000, 0);
        struct timeline high = a;

        joint = tsc + 100000 + random_next(&r) % HZ;
        timeline_join(&high, &b, joint);
        assert_int_equal(high.line.tsc, joint);
        uint64_t of_a = line_read(&a.line, joint), of_b = line_read(&b.line, joint);
        uint64_t higher = of_a > of_b ? of_a : of_b;
        assert_in_range(line_read(&high.line, joint), higher, higher + 1); /* readers round down */
    }
}

static void test_the_fraction_decides_between_equals(void **state)
{
    (void)state;
    struct timeline low = line_at(0, 1000, 0), high = line_at(0, 1000, 0);
    high.line.frac = 1;
    timeline_join(&low, &high, 0);
    assert_int_equal(low.line.frac, 1);
}

static void test_the_count_of_disruptions_is_the_greater(void **state)
{
    (void)state;
    struct timeline a = line_at(0, 1000, 0), b = line_at(0, 2000, 0);
    a.disruptions = 3;
    b.disruptions = 2;
    timeline_join(&a, &b, 0);
    assert_int_equal(a.line.ns, 2000);
    assert_int_equal(a.disruptions, 3);
    b.disruptions = 0xffff; /* it wraps */
    a.disruptions = 1;
    timeline_join(&a, &b, 0);
    assert_int_equal(a.disruptions, 1);
}

/* ---- How far S may have been (a TSC set back) ---- */

static void test_at_most_is_what_was_read_and_r_since(void **state)
{
    (void)state;
    struct timeline t = line_at(HZ, 5000000000ull, 0);
    /* The last look 1 ms after the joint, and 200 ms of R since: 1 ppm of it more. */
    uint64_t most = timeline_at_most(&t, HZ + HZ / 1000, 200000000, 7000000000ull);
    assert_in_range(most, 5201000000ull + 200, 5201000000ull + 200 + 4);
    /* The last look 1 ms before the joint: S was there 1 ms less, to within the slew. */
    most = timeline_at_most(&t, HZ - HZ / 1000, 200000000, 7000000000ull);
    assert_in_range(most, 5199000000ull + 200, 5199000000ull + 200 + 2000 + 4);
    assert_in_range(timeline_at_most(&t, 0, 1, 7000000000ull), 4000000000ull, 4000000000ull + 2000010);
}

static void test_at_most_without_a_bound_is_all_that_tsc_and_slew_allow(void **state)
{
    (void)state;
    struct timeline t = line_at(HZ, 5000000000ull, 0);
    t.bound = BOUND_UNKNOWN;
    uint64_t most = timeline_at_most(&t, HZ, 200000000, 7000000000ull);
    assert_in_range(most, 5200000000ull + 200000, 5200000000ull + 200000 + 1010);
}

static void test_at_most_believes_no_more_than_it_is_told_to(void **state)
{
    (void)state;
    struct timeline t = line_at(HZ, 5000000000ull, 0);
    const uint64_t most = 7000000000ull;
    assert_int_equal(timeline_at_most(&t, HZ, 31500000ll * NS_PER_S, most), most);
    assert_int_equal(timeline_at_most(&t, HZ, INT64_MAX, most), most);
    assert_int_equal(timeline_at_most(&t, HZ, 1999999999, most), most); /* at the fastest it is over */
    assert_true(timeline_at_most(&t, HZ, 1999990000, most) < most);
    assert_int_equal(timeline_at_most(&t, 2 * HZ, 1, 5900000000ull), 5900000000ull);
    assert_int_equal(timeline_at_most(&t, HZ, 0, most), 0);
    assert_int_equal(timeline_at_most(&t, HZ, INT64_MIN, most), 0);
    t.line.ns = 5;
    assert_int_equal(timeline_at_most(&t, 0, 1, most), 3); /* nothing before 0; rounded up thrice */
}

static void test_loosened_it_is_anchored_anew(void **state)
{
    (void)state;
    struct timeline t = line_at(0, 5000, 0), before = t;
    timeline_loosen(&t);
    assert_false(t.anchored);
    assert_int_equal(t.disruptions, 1);
    assert_int_equal(t.bound.ns, UINT64_MAX);
    assert_int_equal(t.settling, TIMELINE_SETTLING);
    assert_memory_equal(&t.line, &before.line, sizeof t.line);
}

/* discipline=off: the rate of the start for ever; what S then lacks of R is in the bound. */
static void test_free_running_keeps_its_rate_and_its_bound_true(void **state)
{
    (void)state;
    struct timeline t = line_at(0, 0, 0);
    struct outlook real = {.rate_lo = q32_from_ppb(20000), .rate_hi = q32_from_ppb(20001)};
    struct tsc_scale scale = t.line.scale;
    struct consensus all;
    struct bound bound;

    t.free_running = true;
    real.nominal = t.nominal;
    for (uint64_t s = 1; s <= 100; s++) {
        consensus_start(&all);
        consensus_join(&all, &real, s * HZ, 0);
        bound = timeline_update(&t, s * HZ, &all);
        assert_int_equal(t.line.scale.mul, scale.mul);
        int64_t off = all.value.lo - (int64_t)t.line.ns; /* 20 us a second */
        assert_in_range(off, s * 19998, s * 20003);
        assert_in_range(bound.ns, off, off + 1000);
        assert_in_range(bound.ppb, 20000, 20050);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pair_is_believed_after_four_meetings),
        cmocka_unit_test(test_a_missed_meeting_says_nothing),
        cmocka_unit_test(test_one_pair_out_of_step_and_all_begin_again),
        cmocka_unit_test(test_a_disruption_makes_all_begin_again),
        cmocka_unit_test(test_two_times_of_knowing),
        cmocka_unit_test(test_the_highest_line_goes_on),
        cmocka_unit_test(test_the_fraction_decides_between_equals),
        cmocka_unit_test(test_the_count_of_disruptions_is_the_greater),
        cmocka_unit_test(test_at_most_is_what_was_read_and_r_since),
        cmocka_unit_test(test_at_most_without_a_bound_is_all_that_tsc_and_slew_allow),
        cmocka_unit_test(test_at_most_believes_no_more_than_it_is_told_to),
        cmocka_unit_test(test_loosened_it_is_anchored_anew),
        cmocka_unit_test(test_free_running_keeps_its_rate_and_its_bound_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
