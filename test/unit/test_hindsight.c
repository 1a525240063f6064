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

#define HZ       2000000000ull
#define WIDTH_NS 130 /* of a reading: 100 ns, a count of 20, and rounding */

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

/* Two corners at one TSC that contradict each other: no rate is possible. One ns of room, and all are. */
static void test_corners_at_one_tsc_can_contradict(void **state)
{
    struct constraints c = {
        .count = 2, .upper = {{-500, 100}, {-1000, 20}}, .lower = {{-1000, 21}, {-2000, -1000}}};
    struct range rate = {-1000, 1000};

    (void)state;
    assert_false(constraints_rate(&c, &rate));
    c.upper[1].e = 21;
    rate = (struct range){-1000, 1000};
    assert_true(constraints_rate(&c, &rate));
}

/* ---- What was told, against the truth ---- */

/*
 * R beside the TSC: at step_s its rate steps by `ppm`, and begins to change by ppb_s; it itself by
 * phase_ns.
 */
static long double step_s, ppm, phase_ns, ppb_s;

static long double ref_ns(long double s)
{
    long double gone = s - step_s;

    return s * 1e9L + (gone > 0 ? gone * 1e3L * ppm + phase_ns + gone * gone / 2 * ppb_s : 0);
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
        assert_true(worst <= WIDTH_NS || fresh.any); /* what is less than a reading's width is not certain */
        assert_true(fresh.at_least_ns <= fmaxl(worst, 0) + 2);
        if (fresh.any) {
            assert_true(fresh.from_ns >= (step_s - 8) * 1e9L && fresh.to_ns <= s * 1e9L + 1e6L);
            assert_true(fresh.at_most_ns >= worst - 2);
        }
    }
}

/* Twice what the bound grew until then, and the excursion; and the reading's own width. */
static long double most_spare(void)
{
    return 2 * WIDTH_NS + 2 * 0.25e-9L * timeline.bound.ppb * 1e9L + 10;
}

/*
 * Whatever the smallest assumption that fits may be: the figures are what the brackets themselves say. The
 * rate steps, or R does, or the rate goes on to change faster than is thought.
 */
static void bend_some(unsigned i)
{
    static const long double ppms[] = {2, 0, 0, -2}, phases[] = {0, 300, 0, -300},
                             wanders[] = {0, 0, 1000, 0};

    ppm = ppms[i % 4];
    phase_ns = phases[i % 4];
    ppb_s = wanders[i % 4];
    step_s =
        2 + (long double)(below(240) + 5) / 1000 + (i % 4 == 2 ? 20 : 0); /* not in the midst of a look */
}

static void test_figures_are_true_though_the_crystal_is_not(void **state)
{
    unsigned told = 0;

    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        struct crystal thought = {10, 0, (uint32_t)below(2) * (uint32_t)below(300)};
        struct excess earlier, fresh;
        struct outlook outlook;
        long double worst;

        bend_some(i);
        begin();
        assert_true(run_until_empty(&worst) < 60);
        while (!estimate_solve(&estimate, thought, 0, &outlook) && thought.wander_ppb_s < 1000)
            thought.wander_ppb_s += 10;
        hindsight(&estimate, thought, false, &history, 0, &earlier, &fresh);
        if (!fresh.any)
            continue;
        told++;
        told++;
        assert_true(fresh.at_least_ns <= fmaxl(worst, 0) + 2);
        assert_true(fresh.at_most_ns >= worst - 2);
        assert_true(fresh.at_most_ns <= fmaxl(worst, 0) + most_spare());
    }
    phase_ns = ppb_s = 0;
    assert_true(told > 100);
}

/* A bracket at s: R is off by off_ns there, or by up to room_ns either way. */
static void found(long double s, int64_t off_ns, int64_t room_ns)
{
    int64_t ref = (int64_t)(s * 1e9L) + off_ns;
    struct bracket b = {(uint64_t)(s * HZ), (uint64_t)(s * HZ), ref - room_ns, ref + room_ns};

    assert_true(estimate_append(&estimate, &b));
}

/* From s on: a line that is off by off_ns there and goes on so; with its bound. */
static void said(long double s, int64_t off_ns, uint64_t bound_ns, uint32_t ppb)
{
    struct line line = {.tsc = (uint64_t)(s * HZ), .ns = (uint64_t)((int64_t)(s * 1e9L) + off_ns)};

    line.scale = estimate.nominal;
    history.told[history.count++] = (struct told_line){.line = line, .bound = {bound_ns, ppb}};
}

/*
 * A wide bracket between tight ones: on the straight line R is at 0, and what was told is not. But a crystal
 * that is worse than that may have been anywhere in the bracket.
 */
static void test_at_least_asks_the_bracket_alone(void **state)
{
    struct excess earlier, fresh;

    (void)state;
    begin();
    found(1, 0, 1);
    said(1.9L, 500, 100, 0);
    found(2, 0, 1000);
    said(2.1L, 0, 5000, 0);
    found(3, 0, 1);
    found(4, 0, 1);
    hindsight(&estimate, (struct crystal){0}, false, &history, 0, &earlier, &fresh);
    assert_true(fresh.any);
    assert_int_equal(fresh.at_least_ns, 0);
    assert_in_range(fresh.at_most_ns, 1400, 1430);
}

/* At most is more than at the look where the line was worse at its joint, and where the bound has grown. */
static void test_at_most_is_of_the_time_between_looks(void **state)
{
    struct excess earlier, fresh;

    (void)state;
    begin();
    found(1, 0, 5);
    said(1.00001L, 400, 100, 0);
    found(1.25L, 200, 1);
    hindsight(&estimate, (struct crystal){0}, true, &history, 0, &earlier, &fresh);
    assert_in_range(fresh.at_least_ns, 97, 100);
    assert_in_range(fresh.at_most_ns, 300, 330);

    begin();
    found(1, 0, 5);
    said(1.00001L, 0, 100, 1000);
    found(1.25L, 450, 1);
    hindsight(&estimate, (struct crystal){0}, true, &history, 0, &earlier, &fresh);
    assert_in_range(fresh.at_least_ns, 97, 100);
    assert_in_range(fresh.at_most_ns, 600, 630);
}

/*
 * Steps of the phase from nothing to beyond the bound: what is told was outside, what was outside by more
 * than a reading is told, and in between it is a matter of where in its bracket R was.
 */
static void test_what_is_told_was_outside_for_certain(void **state)
{
    unsigned told = 0, may_have_been = 0;

    (void)state;
    ppm = 0;
    step_s = 20.1L;
    for (phase_ns = 0; phase_ns < 400; phase_ns++) {
        struct excess earlier, fresh;
        struct outlook outlook;
        long double beyond;

        begin();
        for (long double s = 1; s < 20.2L; s += 0.25L) {
            assert_true(look(s, TIGHT, &outlook));
            tell(s + 3e-6L, &outlook);
        }
        look(20.25L, TIGHT, &outlook);
        beyond = truly_beyond(&history.told[(history.count - 1) % HISTORY_LINES], 20.25L);
        hindsight(&estimate, LOOSE, true, &history, 0, &earlier, &fresh);
        assert_true(!fresh.any || beyond > 0);
        assert_true(fresh.any || beyond < WIDTH_NS);
        told += fresh.any;
        may_have_been += !fresh.any && beyond > -WIDTH_NS;
    }
    phase_ns = 0;
    assert_true(told > 100 && may_have_been > 20);
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
        cmocka_unit_test(test_corners_at_one_tsc_can_contradict),
        cmocka_unit_test(test_a_step_of_the_rate_is_owned_up_to),
        cmocka_unit_test(test_figures_are_true_though_the_crystal_is_not),
        cmocka_unit_test(test_at_least_asks_the_bracket_alone),
        cmocka_unit_test(test_at_most_is_of_the_time_between_looks),
        cmocka_unit_test(test_what_is_told_was_outside_for_certain),
        cmocka_unit_test(test_what_was_right_stays_right),
        cmocka_unit_test(test_lines_before_a_telling_are_told_apart),
        cmocka_unit_test(test_an_unknown_bound_promises_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
