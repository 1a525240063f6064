/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/hindsight.c hv/time/timeline.c */
/* flags: -lm */
/*
 * The past is worked out anew, and compared with a plain search over all corners and with a clock whose truth
 * is known.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "time/fixed.h"
#include "time/hindsight.h"
#include "time/solve.h"

#define HZ 2000000000ull

static struct random r = {3};

static int64_t below(int64_t most)
{
    return (int64_t)(random_next(&r) % (uint64_t)most);
}

/* v at x = 0 of the line through two corners: where the lines that pass are farthest, it goes through two. */
static long double at_zero(struct point a, struct point b, long double *rate)
{
    *rate = ((long double)b.e - a.e) / ((long double)b.x - a.x);
    return a.e - *rate * a.x;
}

static bool passes(const struct constraints *c, long double v, long double rate)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (v + rate * c->upper[i].x > c->upper[i].e + 1e-6L ||
            v + rate * c->lower[i].x < c->lower[i].e - 1e-6L)
            return false;
    }
    return true;
}

static bool plain_values(const struct constraints *c, long double *lo, long double *hi)
{
    struct point all[2 * ESTIMATE_BRACKETS];
    bool any = false;
    unsigned count = 0;

    for (unsigned i = 0; i < c->count; i++) {
        all[count++] = c->upper[i];
        all[count++] = c->lower[i];
    }
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < count; j++) {
            long double rate, v;

            if (all[i].x == all[j].x)
                continue;
            v = at_zero(all[i], all[j], &rate);
            if (!passes(c, v, rate))
                continue;
            *lo = any ? fminl(*lo, v) : v;
            *hi = any ? fmaxl(*hi, v) : v;
            any = true;
        }
    }
    return any;
}

/* Corners near a line, at both sides of 0. */
static void draw(struct constraints *c)
{
    int64_t rate = below(2000000) - 1000000, room = below(2000) + 2;

    *c = (struct constraints){.count = (unsigned)below(10) + 2};
    for (unsigned i = 0; i < c->count; i++) {
        int64_t x = below(4000000000) - 2000000000, wide = below(500) + 1;

        c->upper[i] = (struct point){x, q32_mul_floor(x, rate) + below(room)};
        c->lower[i] = (struct point){x + wide, q32_mul_floor(x + wide, rate) - below(room)};
    }
}

static void test_values_are_those_of_the_plain_search(void **state)
{
    unsigned compared = 0;

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        struct range rate = {-(1 << 23), 1 << 23}, value;
        struct constraints c;
        long double lo = 0, hi = 0;

        draw(&c);
        if (!plain_values(&c, &lo, &hi) || !constraints_rate(&c, &rate))
            continue;
        value = constraints_value_between(&c, rate);
        assert_true(value.lo <= lo + 1e-3L && value.hi >= hi - 1e-3L);
        assert_true(value.lo >= lo - 4 && value.hi <= hi + 4);
        compared++;
    }
    assert_in_range(compared, 2000, 3000);
}

/* ---- What was told, against the truth ---- */

/* R beside the TSC: its rate steps by `ppm` at step_s. */
static long double step_s, ppm;

static long double ref_ns(long double s)
{
    return s * 1e9L + (s > step_s ? (s - step_s) * 1e3L * ppm : 0);
}

static struct estimate estimate;
static struct told_history history;
static struct timeline timeline;
static const struct crystal TIGHT = {10, 0, 0}, LOOSE = {1000, 0, 60};

static bool look(long double s, struct crystal crystal, struct outlook *out)
{
    long double at = s + (long double)below(100) * 1e-9L, ref = ref_ns(at);
    struct bracket b = {(uint64_t)(s * HZ), (uint64_t)((s + 1e-7L) * HZ) + 1, (int64_t)ref - 10,
                        (int64_t)ref + 10};

    estimate_append(&estimate, &b);
    return estimate_solve(&estimate, crystal, 0, out);
}

static void tell(long double s, const struct outlook *outlook)
{
    struct consensus own;
    uint64_t tsc = (uint64_t)(s * HZ);

    consensus_start(&own);
    consensus_join(&own, outlook, tsc, 0);
    if (history.count == 0)
        timeline_start(&timeline, tsc, estimate.nominal, &own, 0);
    timeline_update(&timeline, tsc, &own);
    told_add(&history, &timeline);
}

/* By how much the line in force at s is really beyond its bound. */
static long double truly_beyond(const struct told_line *told, long double s)
{
    uint64_t ns = line_read(&told->line, (uint64_t)(s * HZ));
    long double bound = told->bound.ns + (ns - told->line.ns) * 1e-9L * told->bound.ppb;

    return fabsl(ns - ref_ns(s)) - bound;
}

static void begin(void)
{
    memset(&history, 0, sizeof history);
    assert_true(scale_from_hz(HZ, &estimate.nominal));
    estimate_init(&estimate, estimate.nominal, TIGHT);
}

/* What was told is held against all brackets, under an assumption that has room for the step. */
static void work_out(uint64_t told_ns, struct excess *earlier, struct excess *fresh)
{
    static const struct crystal roomy = {1000, 0, 6000};
    struct outlook outlook;

    estimate_solve(&estimate, roomy, 0, &outlook);
    hindsight(&estimate, roomy, false, &history, told_ns, earlier, fresh);
}

/* Looks and tells each quarter second until the set is empty, and returns when; never later than 60 s. */
static long double run_until_empty(long double *worst)
{
    struct outlook outlook;
    long double s;

    *worst = 0;
    for (s = 1; s < 60; s += 0.25L) {
        for (unsigned i = 1; history.count && i <= 24; i++)
            *worst = fmaxl(*worst, truly_beyond(&history.told[(history.count - 1) % HISTORY_LINES],
                                                s - 0.25L + i * 0.25L / 24));
        if (!look(s, TIGHT, &outlook))
            return s;
        tell(s + 3e-6L, &outlook);
    }
    return s;
}

static void test_a_step_of_the_rate_is_owned_up_to(void **state)
{
    static const long double steps[] = {-20, -5, -2, -1, 1, 2, 5, 20};

    (void)state;
    for (unsigned i = 0; i < 8 * 20; i++) {
        struct excess earlier, fresh;
        long double worst, s;

        ppm = steps[i % 8];
        step_s = 20 + (long double)below(250) / 1000;
        begin();
        s = run_until_empty(&worst);
        assert_true(s > step_s && s < step_s + 1.5L);
        work_out(0, &earlier, &fresh);
        assert_false(earlier.any);
        assert_true(worst <= 0 || fresh.any);
        assert_true(fresh.at_least_ns <= fmaxl(worst, 0) + 2);
        if (fresh.any) {
            assert_true(fresh.from_ns >= (step_s - 8) * 1e9L && fresh.to_ns <= s * 1e9L + 1e6L);
            assert_true(fresh.at_most_ns >= worst - 2);
        }
    }
}

/* Under an assumption that holds, nothing was told wrong; and lines from before a telling are told apart. */
static void test_what_was_right_stays_right(void **state)
{
    struct excess earlier, fresh;
    struct outlook outlook;
    long double worst;

    (void)state;
    ppm = 0;
    begin();
    assert_true(run_until_empty(&worst) >= 60);
    look(60, LOOSE, &outlook);
    hindsight(&estimate, TIGHT, false, &history, 0, &earlier, &fresh);
    assert_false(fresh.any || earlier.any);
}

static void test_lines_before_a_telling_are_told_apart(void **state)
{
    struct excess earlier, fresh;
    long double worst, s;

    (void)state;
    ppm = 20;
    step_s = 20.1L;
    begin();
    s = run_until_empty(&worst);
    work_out((uint64_t)(s * 1e9L) + 1000000, &earlier, &fresh);
    assert_true(earlier.any);
    assert_false(fresh.any);
}

static void test_an_unknown_bound_promises_nothing(void **state)
{
    struct excess earlier, fresh;
    long double worst;

    (void)state;
    ppm = 20;
    step_s = 20.1L;
    begin();
    run_until_empty(&worst);
    for (unsigned i = 0; i < HISTORY_LINES; i++)
        history.told[i].bound = BOUND_UNKNOWN;
    work_out(0, &earlier, &fresh);
    assert_false(earlier.any || fresh.any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_those_of_the_plain_search),
        cmocka_unit_test(test_a_step_of_the_rate_is_owned_up_to),
        cmocka_unit_test(test_what_was_right_stays_right),
        cmocka_unit_test(test_lines_before_a_telling_are_told_apart),
        cmocka_unit_test(test_an_unknown_bound_promises_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
