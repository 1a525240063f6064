/* sources: hv/check/judge.c hv/check/judge_timers.c hv/check/judge_words.c hv/check/words.c hv/check/timer_words.c hv/check/linux_words.c hv/platform/reference/sources.c hv/log/format.c */
/* TSCs in parallel: apart by what stays, at equal rates. What grows, what may grow, and 0 are not that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_fixture.h"

#define OFFSET_NS 1873000123

/* Two packages; each offset known to 40 ns, each rate to 3 ppb. */
static int parallel(void **state)
{
    good(state);
    for (unsigned i = 1; i < CPUS; i++)
        cpus[i].seen.rate_bound_ppb = 3;
    cpus[2].seen.offset_ns = cpus[3].seen.offset_ns = OFFSET_NS;
    evidence.apart = evidence.percpu = true;
    cpus[0].seen.behind = 5;
    return 0;
}

static void without_adjust(void **state)
{
    (void)state;
    assert_judged(VERDICT_IN_PARALLEL, "in-parallel", "IN PARALLEL", "unsafe", "clocksource=hpet");
    assert_string_equal(verdict.means, "CPU2's TSC runs in parallel with the boot CPU's: offset 1.873 s +/- "
                                       "40 ns, rates equal to 3 ppb.");
    assert_string_equal(verdict.linux_advice,
                        "Without IA32_TSC_ADJUST Linux cannot correct that, and refuses the TSC. Not safe as "
                        "Linux's clock source: pass clocksource=hpet, and never tsc=reliable. Its watchdog "
                        "sees TSCs that are 500 us apart, since 7.1 one that is behind.");
}

/* Behind, and by less; in the words' own units. */
static void units(void **state)
{
    static const struct {
        int64_t ns;
        const char *says;
    } offsets[] = {{41, "offset 41 ns"},
                   {-41, "offset -41 ns"},
                   {-15320250, "offset -15320 us"},
                   {999999999, "offset 1000 ms"},
                   {1000000000, "offset 1.000 s"},
                   {1999500000, "offset 2.000 s"},
                   {1999499999, "offset 1.999 s"},
                   {-OFFSET_NS, "offset -1.873 s"},
                   {INT64_MIN + 1, "offset -9223372036.855 s"}};

    (void)state;
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        cpus[2].seen.offset_ns = offsets[i].ns;
        assert_int_equal(judged(), VERDICT_IN_PARALLEL);
        assert_says(verdict.means, offsets[i].says);
    }
}

static void with_adjust(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CPUS; i++)
        cpus[i].facts.tsc_adjust = true;
    assert_judged(VERDICT_IN_PARALLEL, "in-parallel", "IN PARALLEL", "unsure", "none");
    assert_says(verdict.linux_advice, "by the warp that it sees; an older one refuses the TSC.");
    /* One without it is enough; one that is left out is not asked. */
    cpus[3].facts.tsc_adjust = false;
    assert_judged(VERDICT_IN_PARALLEL, "in-parallel", "IN PARALLEL", "unsafe", "clocksource=hpet");
    cpus[3].seen.state = KEEPER_CPU_LEFT_OUT;
    assert_judged(VERDICT_IN_PARALLEL, "in-parallel", "IN PARALLEL", "unsure", "none");
}

/* The neighbours. */
static void offset_that_grows(void **state)
{
    (void)state;
    cpus[1].seen.rate_ppb = 11;
    assert_int_equal(judged(), VERDICT_DRIFT);
    cpus[1].seen.rate_ppb = 10;
    assert_int_equal(judged(), VERDICT_IN_PARALLEL);
    assert_says(verdict.means, "rates equal to 13 ppb.");
    cpus[1].seen.rate_ppb = -10;
    judged();
    assert_says(verdict.means, "rates equal to 13 ppb.");
}

static void offset_that_may_grow(void **state)
{
    (void)state;
    cpus[1].seen.rate_bound_ppb = 1000;
    assert_int_equal(judged(), VERDICT_IN_PARALLEL);
    cpus[1].seen.rate_ppb = 1;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    cpus[1].seen.rate_ppb = -1;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    cpus[1].seen.rate_ppb = 0;
    cpus[1].seen.rate_bound_ppb = UINT64_MAX;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    cpus[1].seen.rate_ppb = 5;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    parallel(state);
    evidence.watched_s = 2;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    evidence.watched_s = 3;
    assert_int_equal(judged(), VERDICT_IN_PARALLEL);
    evidence.disruptions = 1;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
}

static void no_offset(void **state)
{
    (void)state;
    cpus[2].seen.offset_ns = cpus[3].seen.offset_ns = 40;
    evidence.apart = evidence.percpu = false;
    cpus[0].seen.behind = 0;
    assert_int_equal(judged(), VERDICT_IN_STEP);
    cpus[3].seen.offset_ns = -41;
    assert_int_equal(judged(), VERDICT_IN_PARALLEL);
    assert_says(verdict.means, "CPU3's TSC runs in parallel");
    /* CPUs that met saw a TSC behind, and no offset tells by how much. */
    cpus[3].seen.offset_ns = 0;
    cpus[1].seen.behind = 1;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
}

/* Written into step by Meridian itself: so it is here and now, and not for Linux after a reset. */
static void repaired(void **state)
{
    good(state);
    evidence.repaired = 2;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_says(verdict.means, "in 60 s. Before that, repair=try wrote 2 of them into step.");
    assert_says(verdict.linux_advice, "but without repair=try the TSCs are apart.");
    cpus[2].seen.adjust = 77;
    judged();
    assert_says(verdict.means, " Meridian set TSCs: IA32_TSC_ADJUST is 77 on CPU2, 0 on the boot CPU.");
    assert_null(strstr(verdict.linux_advice, "within a package"));
    for (unsigned i = 0; i < CPUS; i++)
        cpus[i].seen.adjust = 77;
    judged();
    assert_null(strstr(verdict.means, "firmware set all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_adjust, parallel),
        cmocka_unit_test_setup(units, parallel),
        cmocka_unit_test_setup(with_adjust, parallel),
        cmocka_unit_test_setup(offset_that_grows, parallel),
        cmocka_unit_test_setup(offset_that_may_grow, parallel),
        cmocka_unit_test_setup(no_offset, parallel),
        cmocka_unit_test(repaired),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
