/* sources: hv/check/judge.c hv/check/judge_timers.c hv/check/judge_words.c hv/check/words.c hv/check/timer_words.c hv/check/linux_words.c hv/platform/reference/sources.c hv/log/format.c */
/* Offsets are judged. IA32_TSC_ADJUST, by which firmware moved a TSC, is a fact beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_fixture.h"

#define MOVED 45960750 /* ticks of 3 GHz: 15.32 ms */

/* Two packages; firmware has set the second one's TSCs. */
static void second_package(int64_t adjust, int64_t offset_ns)
{
    for (unsigned i = CPUS / 2; i < CPUS; i++) {
        cpus[i].seen.adjust = adjust;
        cpus[i].seen.offset_ns = offset_ns;
    }
}

static void lined_up_by_it(void **state)
{
    (void)state;
    second_package(MOVED, 0);
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_says(verdict.means, "All 4 TSCs tell the same time to within 40 ns");
    assert_says(verdict.means,
                " Firmware has set TSCs: IA32_TSC_ADJUST is 45960750 on CPU2, 0 on the boot CPU.");
    assert_says(verdict.linux_advice, "it makes IA32_TSC_ADJUST equal within a package.");
    /* The boot CPU's own alone, and a negative one. */
    good(state);
    cpus[0].seen.adjust = -77;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_says(verdict.means, "IA32_TSC_ADJUST is 0 on CPU1, -77 on the boot CPU.");
    assert_null(strstr(verdict.means, "alike"));
}

static void put_apart_by_it(void **state)
{
    (void)state;
    second_package(MOVED, 15320250);
    assert_judged(VERDICT_IN_PARALLEL, "in-parallel", "IN PARALLEL", "unsure", "none");
    assert_says(verdict.means, "offset 15320 us +/- 40 ns, rates equal to 50 ppb. Firmware has set");
    assert_says(verdict.linux_advice, "equal within a package, which mends that");
    /* Backwards; and before it is known that it stays. */
    rates_known_widely();
    second_package(-MOVED, -15320250);
    assert_judged(VERDICT_NOT_IN_STEP, "not-in-step", "NOT IN STEP", "unsure", "none");
}

/* It is there, and does not explain where the TSC is. */
static void apart_beside_it(void **state)
{
    static const int64_t offsets[] = {15320250 + 3000, 15320250 - 3000, -15320250, 30000000, INT64_MAX / 2};

    (void)state;
    rates_known_widely();
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        second_package(MOVED, offsets[i]);
        assert_judged(VERDICT_NOT_IN_STEP, "not-in-step", "NOT IN STEP", "unsafe", "clocksource=hpet");
        assert_says(verdict.means, "IA32_TSC_ADJUST is 45960750 on CPU2");
    }
    second_package(INT64_MIN, 41);
    assert_judged(VERDICT_NOT_IN_STEP, "not-in-step", "NOT IN STEP", "unsafe", "clocksource=hpet");
    cpus[0].seen.hz = 0;
    assert_judged(VERDICT_NOT_IN_STEP, "not-in-step", "NOT IN STEP", "unsafe", "clocksource=hpet");
}

/* What is left out is not asked; what was written while it was watched is a change. */
static void left_out_and_changed(void **state)
{
    (void)state;
    cpus[2].seen.adjust = 5;
    cpus[2].seen.state = KEEPER_CPU_LEFT_OUT;
    judged();
    assert_null(strstr(verdict.means, "IA32_TSC_ADJUST"));
    good(state);
    second_package(MOVED, 0);
    cpus[3].seen.adjust_changed = true;
    assert_judged(VERDICT_CHANGED, "changed", "CHANGED", "unsafe", "clocksource=hpet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lined_up_by_it, good),
        cmocka_unit_test_setup(put_apart_by_it, good),
        cmocka_unit_test_setup(apart_beside_it, good),
        cmocka_unit_test_setup(left_out_and_changed, good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
