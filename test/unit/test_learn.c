/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/learn.c */
/* flags: -lm */
/* Holds what is learned against crystals with a known truth: enough, not much too much, never in silence. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "time/fixed.h"
#include "time/learn.h"

#define HZ     3000000000ull
#define FLOOR  10u
#define LONG_S 80 /* docs/clock.md: so long must less have been enough */

/* R beside a TSC that is exact: error(t) is what R is off, ns, at t seconds. */
typedef long double (*shape)(long double t);

static struct world {
    struct random r;
    shape error;
    struct estimate estimate;
    struct learned learned;
    struct outlook outlook;
    unsigned found[FINDING_DISRUPTION + 1];
    /* When D and J were last changed; less is assumed only after LONG_S without. */
    long double wander_at, phase_at;
    unsigned outside;  /* times at which R was not where the outlook had it, between looks */
    long double worst; /* and by how much, at most, ns */
} w;

static long double uniform(void)
{
    return (long double)(random_next(&w.r) >> 11) / 9007199254740992.0L;
}

static long double ref_at(long double tsc)
{
    long double t = tsc / HZ;

    return t * 1e9L + w.error(t);
}

static void begin(shape error, uint32_t wander, uint32_t most_ns)
{
    struct tsc_scale nominal;

    w = (struct world){.r = {5}, .error = error};
    assert_true(scale_from_hz(HZ, &nominal));
    learn_start(&w.learned, wander, FLOOR, most_ns);
    estimate_init(&w.estimate, nominal, (struct crystal){w.learned.wander_ppb_s, 0, FLOOR});
}

/*
 * Less is assumed only after it has been enough for long; and no bracket on which that was not tried is kept.
 * J is never below its floor.
 */
static void less_only_after_long(long double t, enum finding found, const struct learned *before)
{
    uint32_t phase = before->phase_ns;
    bool less_wander = w.learned.wander_ppb_s < before->wander_ppb_s, less_phase = w.learned.phase_ns < phase;

    assert_true(w.learned.phase_ns >= FLOOR);
    if (found == FINDING_DISRUPTION || found == FINDING_BREACH || found == FINDING_WIDER) {
        w.wander_at = t;
        w.phase_at = w.learned.phase_ns != phase || found == FINDING_DISRUPTION ? t : w.phase_at;
        return;
    }
    assert_int_equal(found == FINDING_NARROWER, less_wander || less_phase);
    assert_true(!less_wander || t - w.wander_at > LONG_S);
    assert_true(!less_phase || t - w.phase_at > LONG_S);
    assert_true(!less_wander || w.estimate.bracket[0].tsc_lo >= before->wander_tsc);
    assert_true(!less_phase || w.estimate.bracket[0].tsc_lo >= before->phase_tsc);
    w.wander_at = less_wander ? t : w.wander_at;
    w.phase_at = less_phase ? t : w.phase_at;
}

/* A look at t seconds, `wide` ns of reading; R is somewhere in it. */
static enum finding look(long double t, long double wide)
{
    long double tsc = t * HZ, at = tsc + uniform() * wide * 3, ref = ref_at(at);
    struct bracket b = {(uint64_t)tsc, (uint64_t)(tsc + wide * 3) + 1, (int64_t)floorl(ref / 10) * 10,
                        (int64_t)floorl(ref / 10) * 10 + 11};
    bool expected = w.estimate.count == 0 || outlook_gap_ns(&w.outlook, &b) == 0;
    struct learned before = w.learned;
    enum finding found = learn_add(&w.learned, &w.estimate, &b, expected, (struct crystal){0}, &w.outlook);

    w.found[found]++;
    less_only_after_long(t, found, &before);
    return found;
}

static void look_for(long double from, long double seconds, long double wide)
{
    for (long double t = from; t < from + seconds; t += 0.25L) {
        look(t, wide);
        for (long double s = 0.0501L; s < 0.25L; s += 0.1L) {
            long double tsc = (t + s) * HZ, ref = ref_at(tsc);
            struct range value = outlook_at(&w.outlook, (uint64_t)tsc);

            w.outside += ref < value.lo || ref > value.hi;
            w.worst = fmaxl(w.worst, fmaxl(value.lo - ref, ref - value.hi));
        }
    }
}

static long double still(long double t)
{
    (void)t;
    return 0;
}

static uint32_t wander_ppb_s;

/* The rate goes up and down by D: 16 s up, 16 s down. */
static long double zigzag(long double t)
{
    long double half = 16, phase = fmodl(t, 2 * half), d = wander_ppb_s, whole = floorl(t / (2 * half));
    long double there = d * half * half * whole; /* what each zigzag adds */

    if (phase < half)
        return there + d * phase * phase / 2;
    return there + d * half * half / 2 + d * half * (phase - half) - d * (phase - half) * (phase - half) / 2;
}

static void a_quiet_crystal_is_assumed_to_wander_little(void **state)
{
    (void)state;
    begin(still, LEARN_WANDER, 1000);
    assert_int_equal(w.estimate.crystal.wander_ppb_s, 100);
    look_for(1, 300, 100);
    assert_int_equal(w.estimate.crystal.wander_ppb_s, 22);
    assert_int_equal(w.estimate.crystal.phase_ns, FLOOR);
    assert_int_equal(w.outside, 0);
    assert_int_equal(w.found[FINDING_WIDER] + w.found[FINDING_BREACH] + w.found[FINDING_DISRUPTION], 0);
    assert_int_equal(w.found[FINDING_NARROWER], 2);
}

/*
 * Each wander up to Dmax is found. Where it is far above what is assumed at first, some reads are outside, by
 * less than a bracket and told; after five minutes none is. No more than five times too much is assumed.
 */
static void wander_is_learned_before_a_bound_is_false(void **state)
{
    static const uint32_t wanders[] = {30, 60, 100, 200, 400, 700, 1000};

    (void)state;
    for (unsigned i = 0; i < sizeof wanders / sizeof wanders[0]; i++) {
        wander_ppb_s = wanders[i];
        begin(zigzag, LEARN_WANDER, 1000);
        look_for(1, 299, 100);
        assert_in_range(w.outside, 0, 8);
        assert_true(w.outside == 0 ||
                    (w.found[FINDING_BREACH] > 0 && w.worst < 110)); /* a bracket is that wide */
        w.outside = 0;
        look_for(300, 1200, 100);
        assert_int_equal(w.outside, 0);
        assert_int_equal(w.found[FINDING_DISRUPTION], 0);
        assert_in_range(w.estimate.crystal.wander_ppb_s, wander_ppb_s, 5 * wander_ppb_s);
        assert_int_equal(w.estimate.crystal.phase_ns, FLOOR);
    }
}

static void wander_that_is_over_is_forgotten(void **state)
{
    (void)state;
    wander_ppb_s = 400;
    begin(zigzag, LEARN_WANDER, 1000);
    look_for(1, 60, 100);
    assert_in_range(w.estimate.crystal.wander_ppb_s, 400, 2200);
    wander_ppb_s = 0; /* R is set back by what there was: that is a disruption */
    w.error = still;
    look_for(62, 700, 100);
    assert_int_equal(w.found[FINDING_DISRUPTION], 1);
    assert_int_equal(w.estimate.crystal.wander_ppb_s, 22);
}

/* Two zigzags, and from there on, without a jump, nothing. */
static long double warm_then_still(long double t)
{
    return zigzag(t < 64 ? t : 64);
}

static void wander_that_ends_without_a_jump_is_forgotten(void **state)
{
    (void)state;
    wander_ppb_s = 400;
    begin(warm_then_still, LEARN_WANDER, 1000);
    look_for(1, 63, 100);
    assert_in_range(w.estimate.crystal.wander_ppb_s, 400, 1000);
    w.outside = w.found[FINDING_BREACH] = w.found[FINDING_WIDER] = 0;
    look_for(64, 700, 100);
    assert_int_equal(w.estimate.crystal.wander_ppb_s, 22);
    assert_int_equal(w.outside + w.found[FINDING_BREACH] + w.found[FINDING_WIDER], 0);
}

/* A CPU that looks rarely has brackets from long ago: those from the wander's time go when it is over. */
static void rare_looks_keep_no_bracket_that_was_not_tried(void **state)
{
    unsigned raised;

    (void)state;
    wander_ppb_s = 400;
    begin(warm_then_still, LEARN_WANDER, 1000);
    for (long double t = 1; t < 64; t += 0.25L)
        look(t, 100);
    raised = w.found[FINDING_BREACH] + w.found[FINDING_WIDER];
    for (long double t = 64; t < 1000; t += 5)
        look(t, 100);
    assert_int_equal(w.estimate.crystal.wander_ppb_s, 22);
    assert_int_equal(w.found[FINDING_BREACH] + w.found[FINDING_WIDER], raised);
}

static void a_fixed_wander_stays(void **state)
{
    (void)state;
    wander_ppb_s = 300;
    begin(zigzag, 10, 1000);
    look_for(1, 100, 100);
    assert_int_equal(w.estimate.crystal.wander_ppb_s, 10);
    assert_true(w.found[FINDING_BREACH] + w.found[FINDING_WIDER] > 0); /* noise is what is left to assume */
    assert_true(w.estimate.crystal.phase_ns > FLOOR);
}

static long double amplitude;

static long double ripple(long double t)
{
    return amplitude * sinl(t * 2 * 3.14159265358979L * 32000.3L);
}

/* Noise well above what readings hide is found, and what is assumed is no more than four times it. */
static void noise_is_learned(void **state)
{
    (void)state;
    for (amplitude = 200; amplitude <= 400; amplitude += 100) {
        begin(ripple, 10, 3000);
        look_for(1, 300, 50);
        assert_in_range(w.estimate.crystal.phase_ns, amplitude / 2, 4 * amplitude);
        assert_int_equal(w.found[FINDING_DISRUPTION], 0);
        w.outside = 0;
        look_for(302, 300, 50);
        assert_int_equal(w.outside, 0);
    }
}

static void noise_that_is_over_is_forgotten(void **state)
{
    (void)state;
    amplitude = 300;
    begin(ripple, 10, 3000);
    look_for(1, 300, 50);
    assert_true(w.estimate.crystal.phase_ns > 10 * FLOOR);
    assert_true(w.learned.phase_learned && !w.learned.wander_learned);
    amplitude = 0;
    w.outside = 0;
    look_for(302, 700, 50);
    assert_int_equal(w.estimate.crystal.phase_ns, FLOOR);
    assert_int_equal(w.outside, 0);
}

static long double once(long double t)
{
    return fabsl(t - 61) < 0.1L ? 4000 : 0;
}

/* One look of noise: until then all was within what is assumed, but the 80 s of less wander begin anew. */
static void noise_holds_up_less_wander(void **state)
{
    (void)state;
    begin(once, LEARN_WANDER, 20000);
    look_for(1, 60.2L, 50);
    assert_true(w.learned.noise && w.learned.wander_ppb_s == 100);
    look_for(61.25L, 90, 50);
    assert_int_equal(w.found[FINDING_DISRUPTION], 0);
}

static long double step_ns, step_at;

static long double step(long double t)
{
    return t < step_at ? 0 : step_ns;
}

/* What stays on one side is a step and not noise: a disruption after eight looks, and J as it was before. */
static void a_step_is_not_noise(void **state)
{
    (void)state;
    step_at = 100.1L;
    for (step_ns = -60000; step_ns <= 60000; step_ns += 120000) {
        begin(step, LEARN_WANDER, 125000);
        look_for(1, 99, 100);
        assert_int_equal(look(100.25L, 100), FINDING_BREACH);
        assert_true(w.estimate.crystal.phase_ns >= 50000);
        assert_true(w.learned.noise && w.learned.phase_learned);
        assert_int_equal(w.learned.least.phase_ns, w.learned.phase_ns / 2);
        for (unsigned i = 1; i + 1 < LEARN_STEP_LOOKS; i++)
            assert_int_not_equal(look(100.25L + i * 0.25L, 100), FINDING_DISRUPTION);
        assert_int_equal(look(102, 100), FINDING_DISRUPTION);
        assert_int_equal(w.estimate.crystal.phase_ns, FLOOR);
        assert_int_equal(w.estimate.count, 1);
    }
}

static void a_step_beyond_all_noise_is_a_disruption_at_once(void **state)
{
    (void)state;
    step_at = 100.1L;
    step_ns = 3000;
    begin(step, LEARN_WANDER, 1000);
    look_for(1, 99, 100);
    assert_int_equal(look(100.25L, 100), FINDING_DISRUPTION);
}

static long double new_rate(long double t)
{
    return t < 100 ? 0 : (t - 100) * 1e6L; /* 1000 ppm */
}

/* A rate beyond the limit is a disruption at each look: noise does not explain it away. */
static void a_rate_beyond_the_limit_is_not_noise(void **state)
{
    (void)state;
    begin(new_rate, LEARN_WANDER, 125000);
    look_for(1, 100.3L, 100);
    for (unsigned i = 1; i < 8; i++)
        assert_int_equal(look(101.25L + i * 0.25L, 100), FINDING_DISRUPTION);
    assert_int_equal(w.estimate.crystal.phase_ns, FLOOR);
}

static long double far_step(long double t)
{
    return t < 100 ? 0 : 5e6L;
}

/*
 * After a minute without a look some line passes all brackets: any rate within the limit is possible on the
 * way. But what was known of the rate did not allow for it, and a little noise does not either.
 */
static void what_was_not_foreseen_is_not_explained(void **state)
{
    (void)state;
    begin(far_step, LEARN_WANDER, 1000);
    look_for(1, 98, 100);
    assert_int_equal(look(150, 100), FINDING_DISRUPTION);
    assert_int_equal(w.estimate.crystal.phase_ns, FLOOR);
}

/* More wander is the first explanation; the smallest that fits is what the past is worked out under. */
static void a_breach_says_what_explains_it(void **state)
{
    (void)state;
    wander_ppb_s = 1000;
    begin(zigzag, LEARN_WANDER, 125000);
    for (long double t = 1; w.found[FINDING_BREACH] == 0 && t < 60; t += 0.25L)
        look(t, 100);
    assert_int_equal(w.found[FINDING_BREACH], 1);
    assert_true(w.learned.wander_learned && !w.learned.noise && !w.learned.phase_learned);
    assert_in_range(w.learned.least.wander_ppb_s, 100, w.learned.wander_ppb_s - 1);
    assert_int_equal(w.outlook.wander_ppb_s, w.learned.wander_ppb_s); /* in force at once */
}

/* "Where TSCs slip nothing is learned: brackets go too often." What is beyond a slip is a disruption. */
static void where_tscs_slip_nothing_is_learned(void **state)
{
    (void)state;
    step_at = 10.1L;
    step_ns = 400000;
    begin(step, LEARN_WANDER, 1000000);
    w.estimate.crystal.slip_ns = 1000000;
    look_for(1, 9, 100);
    w.outlook.lo_ns -= 1000000; /* as the keeper expects it where TSCs slip */
    w.outlook.hi_ns += 1000000;
    look(10.25L, 100);
    assert_int_equal(w.found[FINDING_FITS], 37);
    assert_int_equal(w.learned.wander_ppb_s, 100);
    assert_int_equal(w.learned.phase_ns, FLOOR);
    step_ns = 5000000;
    assert_int_equal(look(10.5L, 100), FINDING_DISRUPTION);
    assert_int_equal(w.learned.phase_ns, FLOOR);
}

/* After a disruption elsewhere nothing is known; a reading that contradicts what was is one here too. */
static void the_first_bracket_too_must_be_expected(void **state)
{
    struct bracket b = {HZ, HZ + 300, 1000000000, 1000000100};

    (void)state;
    begin(still, LEARN_WANDER, 1000);
    assert_int_equal(learn_add(&w.learned, &w.estimate, &b, false, (struct crystal){0}, &w.outlook),
                     FINDING_DISRUPTION);
    assert_int_equal(w.estimate.count, 1);
}

static void a_tsc_that_went_back_is_a_disruption(void **state)
{
    (void)state;
    begin(still, LEARN_WANDER, 1000);
    look_for(10, 9, 100);
    assert_int_equal(look(5, 100), FINDING_DISRUPTION);
}

static void what_another_crystal_needs_holds_here_too(void **state)
{
    struct bracket b = {HZ, HZ + 300, 1000000000, 1000000100};

    (void)state;
    begin(still, LEARN_WANDER, 1000);
    look_for(0.1L, 0.8L, 100);
    learn_add(&w.learned, &w.estimate, &b, true, (struct crystal){470, 0, 77}, &w.outlook);
    assert_int_equal(w.outlook.wander_ppb_s, 470);
    assert_int_equal(w.outlook.phase_ns, 77);
    assert_int_equal(w.learned.wander_ppb_s, 100);
    assert_int_equal(w.learned.phase_ns, FLOOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_crystal_is_assumed_to_wander_little),
        cmocka_unit_test(wander_is_learned_before_a_bound_is_false),
        cmocka_unit_test(wander_that_is_over_is_forgotten),
        cmocka_unit_test(wander_that_ends_without_a_jump_is_forgotten),
        cmocka_unit_test(rare_looks_keep_no_bracket_that_was_not_tried),
        cmocka_unit_test(a_fixed_wander_stays),
        cmocka_unit_test(noise_is_learned),
        cmocka_unit_test(noise_that_is_over_is_forgotten),
        cmocka_unit_test(noise_holds_up_less_wander),
        cmocka_unit_test(a_step_is_not_noise),
        cmocka_unit_test(a_step_beyond_all_noise_is_a_disruption_at_once),
        cmocka_unit_test(a_rate_beyond_the_limit_is_not_noise),
        cmocka_unit_test(what_was_not_foreseen_is_not_explained),
        cmocka_unit_test(a_breach_says_what_explains_it),
        cmocka_unit_test(where_tscs_slip_nothing_is_learned),
        cmocka_unit_test(the_first_bracket_too_must_be_expected),
        cmocka_unit_test(a_tsc_that_went_back_is_a_disruption),
        cmocka_unit_test(what_another_crystal_needs_holds_here_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
