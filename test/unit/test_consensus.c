/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c */
/* Lines that follow one another, and what CPUs know together, to the bit: overlap, hull, disagreement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time/estimate.h"
#include "time/line.h"

#define START 5000000ull /* TSC */

static const struct tsc_scale GHZ = {1u << 31, 1};

/* ---- Lines ---- */

static void lines_follow_to_the_bit(void **state)
{
    const struct line old = {
        .tsc = 1000, .ns = 50, .frac = 0xc0000000u, .scale = {1u << 31, -1}}; /* 1/4 ns a tick */
    struct line next;

    (void)state;
    assert_int_equal(line_read(&old, 1000), 50);
    assert_int_equal(line_read(&old, 1003), 50);
    assert_int_equal(line_read(&old, 1004), 51);
    assert_int_equal(line_read(&old, 999), 50);
    next = line_follow(&old, 1000, GHZ, 7);
    assert_int_equal(next.ns, 57);
    assert_int_equal(next.frac, 0xc0000000u);
    assert_int_equal(next.tsc, 1000);
    assert_int_equal(next.scale.shift, 1);
    next = line_follow(&old, 1001, GHZ, 7); /* 3/4 and 1/4 are a ns */
    assert_int_equal(next.ns, 58);
    assert_int_equal(next.frac, 0);
    next = line_follow(&old, 1007, old.scale, 0);
    assert_int_equal(next.ns, 52);
    assert_int_equal(next.frac, 0x80000000u);
    assert_int_equal(next.tsc, 1007);
}

/* ---- The consensus ---- */

/* At its own TSC an outlook is what it says, and a ns more for rounding; here its rate is exact too. */
static struct outlook sees(int64_t lo, int64_t hi)
{
    return (struct outlook){
        .tsc = START, .lo_ns = lo, .hi_ns = hi, .rate_lo = lo / 100, .rate_hi = hi / 100, .nominal = GHZ};
}

static struct consensus of_two(struct outlook a, struct outlook b, uint32_t slip_ns)
{
    struct consensus all;

    consensus_start(&all);
    consensus_join(&all, &a, START, slip_ns);
    consensus_join(&all, &b, START, slip_ns);
    return all;
}

static void all_allow_the_overlap_and_any_the_hull(void **state)
{
    struct consensus all = of_two(sees(1000, 3000), sees(2000, 5000), 0);

    (void)state;
    assert_int_equal(all.count, 2);
    assert_true(all.agree);
    assert_int_equal(all.value.lo, 1999);
    assert_int_equal(all.value.hi, 3001);
    assert_int_equal(all.value_hull.lo, 999);
    assert_int_equal(all.value_hull.hi, 5001);
    assert_int_equal(all.rate.lo, 19);
    assert_int_equal(all.rate.hi, 31);
    assert_int_equal(all.rate_hull.lo, 9);
    assert_int_equal(all.rate_hull.hi, 51);
}

static void they_agree_while_one_value_fits_all(void **state)
{
    struct outlook a = sees(1000, 2000), b = sees(2002, 3000);

    (void)state;
    a.rate_lo = b.rate_lo = 0;
    a.rate_hi = b.rate_hi = 0;
    assert_true(of_two(a, b, 0).agree); /* each has a ns more: 2001 */
    b.lo_ns++;
    assert_false(of_two(a, b, 0).agree);
    assert_true(of_two(a, b, 1).agree);
    b.lo_ns += 19;
    assert_true(of_two(a, b, 10).agree);
    b.lo_ns++;
    assert_false(of_two(a, b, 10).agree);
}

static void they_agree_while_one_rate_fits_all(void **state)
{
    struct outlook a = sees(1000, 2000), b = sees(1000, 2000);

    (void)state;
    a.rate_lo = -5, a.rate_hi = 5;
    b.rate_lo = 7, b.rate_hi = 9; /* each has a unit more: 6 */
    assert_true(of_two(a, b, 0).agree);
    b.rate_lo = 8;
    assert_false(of_two(a, b, 0).agree);
    assert_true(of_two(a, b, 1).agree); /* where TSCs slip, rates differ for a while */
}

static void the_widest_wander_and_slip_count(void **state)
{
    struct outlook a = sees(1000, 2000), b = sees(1000, 2000);
    struct consensus all;

    (void)state;
    a.wander_ppb_s = 10;
    all = of_two(a, b, 50);
    assert_int_equal(all.wander_ppb_s, 10);
    assert_int_equal(all.value.lo, 949);
    assert_int_equal(all.value_hull.hi, 2051);
    assert_int_equal(of_two(b, a, 0).wander_ppb_s, 10);
    consensus_start(&all);
    assert_int_equal(all.count, 0);
    assert_int_equal(all.wander_ppb_s, 0);
    assert_false(all.agree);
}

/*
 * Where they miss each other any of them may be right; where all agree, or not all have looked, it is as it
 * was.
 */
static void what_misses_is_bridged(void **state)
{
    struct consensus all = of_two(sees(100, 200), sees(300, 400), 0), same;

    (void)state;
    assert_false(all.agree);
    consensus_bridge(&all);
    assert_true(all.agree);
    assert_true(all.value.lo <= 100 && all.value.hi >= 400);
    assert_true(all.rate.lo <= 1 && all.rate.hi >= 4);

    all = same = of_two(sees(100, 300), sees(200, 400), 0);
    consensus_bridge(&all);
    assert_true(all.value.lo == same.value.lo && all.value.hi == same.value.hi);

    all = of_two(sees(100, 200), sees(300, 400), 0);
    all.complete = false;
    consensus_bridge(&all);
    assert_false(all.agree);

    consensus_start(&all);
    consensus_bridge(&all);
    assert_false(all.agree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_follow_to_the_bit),
        cmocka_unit_test(all_allow_the_overlap_and_any_the_hull),
        cmocka_unit_test(they_agree_while_one_value_fits_all),
        cmocka_unit_test(they_agree_while_one_rate_fits_all),
        cmocka_unit_test(what_misses_is_bridged),
        cmocka_unit_test(the_widest_wander_and_slip_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
