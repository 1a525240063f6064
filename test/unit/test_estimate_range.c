/* sources: hv/time/line.c hv/time/bracket.c hv/time/outlook.c hv/time/estimate.c */
/* flags: -lm */
/*
 * The rate's range is found without dividing for every pair of corners: it must be what the plain form gives,
 * bit for bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "time/solve.c"

static bool plain_range(const struct constraints *c, int64_t *rate_lo, int64_t *rate_hi)
{
    for (unsigned i = 0; i < c->count; i++) {
        for (unsigned j = 0; j < c->count; j++) {
            int64_t dx = c->lower[i].x - c->upper[j].x;
            int64_t de = c->lower[i].e - c->upper[j].e;

            if (de >= RESIDUAL_LIMIT)
                return false;
            if (de <= -RESIDUAL_LIMIT)
                continue;
            if (dx > 0)
                *rate_lo = max_i64(*rate_lo, q32_ratio_floor(de, dx));
            else if (dx < 0)
                *rate_hi = min_i64(*rate_hi, q32_ratio_ceil(-de, -dx));
            else if (de > 0)
                return false;
        }
    }
    return *rate_lo <= *rate_hi;
}

#define FULL_LIMIT (ESTIMATE_RATE_LIMIT_PPB * Q32_ONE / NS_PER_S)

static struct random r;
static unsigned narrowed, emptied;

static int64_t below(int64_t most)
{
    return (int64_t)(random_next(&r) % (uint64_t)most);
}

/* A number of any size up to 2^bits: small ones, where ratios are equal or nearly so, as often as large. */
static int64_t any(unsigned bits)
{
    return below(2ll << below(bits));
}

static void assert_same(const struct constraints *c, int64_t lo, int64_t hi)
{
    int64_t plain_lo = lo, plain_hi = hi;
    struct range ours = {lo, hi};
    bool plain = plain_range(c, &plain_lo, &plain_hi), any = constraints_rate(c, &ours);

    assert_int_equal(any, plain);
    assert_int_equal(ours.lo, plain_lo);
    assert_int_equal(ours.hi, plain_hi);
    narrowed += plain && (plain_lo > lo || plain_hi < hi);
    emptied += !plain;
}

/* Corners near a line of some rate, as they come, in an order of age or in none. */
static void near_a_line(unsigned x_bits, unsigned e_bits)
{
    struct constraints c = {.count = (unsigned)below(ESTIMATE_BRACKETS) + 1};
    int64_t rate = below(8000000) - 4000000, room = any(e_bits), limit = any(22);

    for (unsigned i = 0; i < c.count; i++) {
        int64_t x = -any(x_bits), wide = any(20);

        c.lower[i] = (struct point){x + wide, q32_mul_floor(x + wide, rate) + below(room + 1) - room};
        c.upper[i] = (struct point){x, q32_mul_floor(x, rate) + below(room + 1)};
    }
    assert_same(&c, -FULL_LIMIT, FULL_LIMIT);
    assert_same(&c, rate - limit, rate + limit);
}

static void test_ranges_are_those_of_the_plain_form(void **state)
{
    (void)state;
    r.state = 1;
    narrowed = emptied = 0;
    for (unsigned i = 0; i < 4000; i++) {
        near_a_line(30, 10);
        near_a_line(40, 20);
        near_a_line(59, 40);
        near_a_line(4, 3);
    }
    /* Each answer was met many times, or this shows nothing. */
    assert_in_range(narrowed, 2000, UINT32_MAX);
    assert_in_range(emptied, 2000, UINT32_MAX);
}

/* Two corners a pair of whose ratio is a whole number of q32, and one more or less than that. */
static void test_a_ratio_on_the_limit_itself(void **state)
{
    (void)state;
    for (int64_t rate = -3; rate <= 3; rate++) {
        for (int64_t off = -1; off <= 1; off++) {
            struct constraints c = {.count = 2};

            c.lower[0] = (struct point){-1000, -5000};
            c.lower[1] = (struct point){Q32_ONE, rate + off};
            c.upper[0] = (struct point){0, 0};
            c.upper[1] = (struct point){Q32_ONE, rate + 10};
            assert_same(&c, rate, rate + 5);
            assert_same(&c, rate - 1, rate + 1);
            c.lower[1].x = -Q32_ONE;
            assert_same(&c, rate - 1, rate);
            assert_same(&c, rate, rate + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_are_those_of_the_plain_form),
        cmocka_unit_test(test_a_ratio_on_the_limit_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
