/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/window.c hv/time/change.c */
/* A rate that has changed for good is told from jumps, lies and wraps that cannot be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "time/change.h"
#include "time/fixed.h"

#define HZ     3000000000ull
#define LOOK   250000000ll /* ns */
#define WIDE   400         /* ns of a bracket */
#define NARROW 54925401ll  /* the PIT wraps after so long */

static struct tsc_scale nominal;
static struct change change;
static bool disruption; /* the next look is one */

/* Look number n of a TSC that runs at hz, by a reference that is the truth plus jump_ns. */
static bool look(int n, uint64_t hz, int64_t jump_ns, int64_t wide_ns, int64_t wrap_ns,
                 struct tsc_scale *scale)
{
    int64_t ns = n * LOOK;
    uint64_t tsc = 1000000000ull + (uint64_t)((unsigned __int128)(uint64_t)ns * hz / 1000000000u);
    struct bracket b = {tsc, tsc + (uint64_t)wide_ns * 3, ns + jump_ns, ns + jump_ns + wide_ns};

    return change_seen(&change, &b, nominal, wrap_ns, disruption, scale);
}

static int start(void **state)
{
    (void)state;
    assert_true(scale_from_hz(HZ, &nominal));
    change_start(&change, nominal);
    disruption = true;
    return 0;
}

static int64_t ppm_off(struct tsc_scale scale, uint64_t hz)
{
    return ((int64_t)scale_to_hz(scale) - (int64_t)hz) / (int64_t)(hz / 1000000);
}

static void a_new_rate_is_taken_at_the_fourth_look(void **state)
{
    static const int ppms[] = {-500000, -10000, -600, 600, 10000, 990000};
    struct tsc_scale scale;

    for (unsigned i = 0; i < sizeof ppms / sizeof ppms[0]; i++) {
        uint64_t hz = HZ + (int64_t)(HZ / 1000000) * ppms[i];

        start(state);
        for (int n = 1; n < (int)CHANGE_LOOKS; n++)
            assert_false(look(n, hz, 0, WIDE, INT64_MAX, &scale));
        assert_true(look(CHANGE_LOOKS, hz, 0, WIDE, INT64_MAX, &scale));
        assert_in_range(ppm_off(scale, hz) + 3, 0, 6);
    }
}

/* CPUs that measure it each for itself must all have the same, or there can be no common line. */
static void the_first_rate_comes_back_to_the_bit(void **state)
{
    const struct tsc_scale first = nominal;
    struct tsc_scale scale;
    unsigned taken = 0;

    (void)state;
    assert_true(scale_from_hz(HZ / 100 * 101, &nominal)); /* as it was taken meanwhile */
    for (int n = 1; n <= (int)CHANGE_LOOKS; n++)
        taken += look(n, HZ + HZ / 1000000 * 200, 0, WIDE, INT64_MAX, &scale);
    assert_int_equal(taken, 1);
    assert_memory_equal(&scale, &first, sizeof scale);
}

/* A rate just beyond the limit fits at every other look. It is taken at one that does not. */
static void looks_between_disruptions_count(void **state)
{
    uint64_t hz = HZ + HZ / 1000000 * 501;
    struct tsc_scale scale;

    (void)state;
    for (int n = 1; n <= (int)CHANGE_LOOKS; n++) {
        disruption = n % 2 == 0;
        assert_int_equal(look(n, hz, 0, WIDE, INT64_MAX, &scale), n == (int)CHANGE_LOOKS);
    }
    start(state);
    for (int n = 1; n <= 2 * (int)CHANGE_LOOKS; n++) {
        disruption = n > (int)CHANGE_LOOKS;
        assert_int_equal(look(n, hz, 0, WIDE, INT64_MAX, &scale), n == (int)CHANGE_LOOKS + 1);
    }
}

static void a_rate_well_inside_the_limit_excludes_it(void **state)
{
    struct outlook outlook = {.rate_lo = q32_from_ppb(-1000), .rate_hi = q32_from_ppb(460000)};

    (void)state;
    assert_true(change_excluded(&outlook));
    outlook.rate_hi = q32_from_ppb(ESTIMATE_RATE_LIMIT_PPB);
    assert_false(change_excluded(&outlook));
    outlook.rate_hi = 0;
    outlook.rate_lo = q32_from_ppb(-ESTIMATE_RATE_LIMIT_PPB);
    assert_false(change_excluded(&outlook));
}

static void a_rate_that_is_allowed_is_not_a_new_one(void **state)
{
    struct tsc_scale scale;

    (void)state;
    for (int n = 1; n < 20; n++)
        assert_false(look(n, HZ + HZ / 1000000 * 300, 0, WIDE, INT64_MAX, &scale));
}

static void a_good_look_in_between_begins_anew(void **state)
{
    struct tsc_scale scale;

    (void)state;
    for (int n = 1; n < 40; n++) {
        if (n % 3 == 0)
            change_forget(&change);
        else
            assert_false(look(n, HZ / 100 * 101, 0, WIDE, INT64_MAX, &scale));
    }
}

/* A reference that counts at random gives no rate, however long it does. */
static void lies_agree_on_nothing(void **state)
{
    struct random r = {11};
    struct tsc_scale scale;

    (void)state;
    for (int n = 1; n < 3000; n++)
        assert_false(look(n, HZ, (int64_t)(random_next(&r) % 200000000), WIDE, INT64_MAX, &scale));
}

static void wide_looks_are_waited_out(void **state)
{
    struct tsc_scale scale;
    bool seen = false;
    int n;

    (void)state;
    for (n = 1; n < 100 && !seen; n++)
        seen = look(n, HZ / 100 * 101, 0, 60000, INT64_MAX, &scale);
    assert_in_range(n, 9, 13); /* twice 120 us and more are 100 ppm of 2.5 s */
    assert_in_range(ppm_off(scale, HZ / 100 * 101) + 100, 0, 200);
}

/* The truth is somewhere in a bracket, now here and now there: looks agree to within their widths. */
static void wide_looks_agree_to_within_their_widths(void **state)
{
    struct random r = {17};
    struct tsc_scale scale;

    for (unsigned turn = 0; turn < 50; turn++) {
        bool seen = false;
        int n;

        start(state);
        for (n = 1; n < 100 && !seen; n++)
            seen = look(n, HZ / 100 * 101, -(int64_t)(random_next(&r) % 60000), 60000, INT64_MAX, &scale);
        assert_in_range(n, 9, 13);
        assert_in_range(ppm_off(scale, HZ / 100 * 101) + 100, 0, 200);
    }
}

static void a_narrow_counter_takes_no_rate_that_it_could_not_leave(void **state)
{
    struct tsc_scale scale;
    bool taken;

    for (int percent = 1; percent < 12; percent++) {
        start(state);
        taken = false;
        for (int n = 1; n < 20; n++)
            taken |= look(n, HZ / 100 * (100 + (unsigned)percent), 0, WIDE, NARROW, &scale);
        assert_int_equal(taken, percent * LOOK / 100 < NARROW / 8);
    }
}

/*
 * With every other look missed, the rate in force hardly tells the wraps apart any more, though the one at
 * start-up does.
 */
static void a_wrap_that_the_rate_in_force_does_not_tell(void **state)
{
    struct tsc_scale scale;

    (void)state;
    assert_true(scale_from_hz(HZ / 1000 * 1025, &nominal));
    for (int n = 2; n < 40; n += 2)
        assert_false(look(n, HZ / 1000 * 988, 0, WIDE, NARROW, &scale));
    for (int n = 40; n < 43; n++) /* by each look it does */
        assert_false(look(n, HZ / 1000 * 988, 0, WIDE, NARROW, &scale));
    assert_true(look(43, HZ / 1000 * 988, 0, WIDE, NARROW, &scale));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_rate_is_taken_at_the_fourth_look, start),
        cmocka_unit_test_setup(the_first_rate_comes_back_to_the_bit, start),
        cmocka_unit_test_setup(looks_between_disruptions_count, start),
        cmocka_unit_test_setup(a_rate_well_inside_the_limit_excludes_it, start),
        cmocka_unit_test_setup(a_rate_that_is_allowed_is_not_a_new_one, start),
        cmocka_unit_test_setup(a_good_look_in_between_begins_anew, start),
        cmocka_unit_test_setup(lies_agree_on_nothing, start),
        cmocka_unit_test_setup(wide_looks_are_waited_out, start),
        cmocka_unit_test_setup(wide_looks_agree_to_within_their_widths, start),
        cmocka_unit_test_setup(a_narrow_counter_takes_no_rate_that_it_could_not_leave, start),
        cmocka_unit_test_setup(a_wrap_that_the_rate_in_force_does_not_tell, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
