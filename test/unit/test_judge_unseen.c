/* sources: hv/check/judge.c hv/check/judge_timers.c hv/check/judge_words.c hv/check/words.c hv/check/timer_words.c hv/check/linux_words.c hv/platform/reference/sources.c hv/log/format.c */
/* What was not looked at rules out "safe": CPUs that firmware names, and a trial that was not made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_fixture.h"

static void some_left_out(void **state)
{
    (void)state;
    cpus[2].seen = (struct keeper_cpu){
        .state = KEEPER_CPU_LEFT_OUT, .offset_ns = 5, .behind = 3, .adjust = 9, .err_ns = UINT64_MAX};
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_says(verdict.means, "All 3 TSCs");
    assert_says(verdict.means, " 1 of this machine's 4 CPUs were not measured to the end.");
    assert_int_equal(verdict.worst.unseen, 1);
    assert_int_equal(verdict.worst.behind, 0);
    /* One that stopped is not asked for bounds of now. */
    cpus[3].seen.state = KEEPER_CPU_STOPPED;
    cpus[3].seen.offset_bound_ns = UINT64_MAX;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_int_equal(verdict.worst.stopped, 1);
    assert_int_equal(verdict.worst.unseen, 2);
    assert_says(verdict.means, " 2 of this machine's 4 CPUs were not measured to the end.");
    assert_string_equal(verdict.linux_advice, "Good for Linux as far as was seen, but not every CPU was.");
}

/* CPUs that firmware calls ready and that never came: they count like those that were left out. */
static void some_never_came(void **state)
{
    (void)state;
    evidence.named = CPUS + 2;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_int_equal(verdict.worst.all, 6);
    assert_int_equal(verdict.worst.unseen, 2);
    assert_says(verdict.means, " 2 of this machine's 6 CPUs were not measured to the end.");
    cpus[3].seen.state = KEEPER_CPU_STOPPED;
    cpus[2].seen.state = KEEPER_CPU_LEFT_OUT;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_int_equal(verdict.worst.unseen, 4);
    /* A table that forgets some that came. */
    good(state);
    evidence.named = 1;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "safe", "none");
    assert_int_equal(verdict.worst.all, CPUS);
    assert_int_equal(verdict.worst.unseen, 0);
}

/* Who names no CPUs does not say that there are no more. */
static void none_named(void **state)
{
    (void)state;
    evidence.named = 0;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_int_equal(verdict.worst.unseen, 0);
    assert_says(verdict.means, " Firmware names no CPUs: there may be more.");
}

/* A trial that was not made, as a whole or on some CPUs; the boot CPU takes no part in it. */
static void idle_not_tried(void **state)
{
    (void)state;
    evidence.idle_untried = "no MWAIT";
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_string_equal(verdict.linux_advice, "Good for Linux as far as was seen, but deep idle was "
                                              "not tried (no MWAIT).");
    assert_int_equal(verdict.worst.awake, 0);
    good(state);
    cpus[2].idle.result = IDLE_AWAKE;
    cpus[3].idle.result = IDLE_NO_ANSWER;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_int_equal(verdict.worst.awake, 2);
    assert_says(verdict.linux_advice, "2 CPUs did not reach deep idle.");
    /* Of one that was left out it is said once. */
    cpus[2].seen.state = KEEPER_CPU_LEFT_OUT;
    judged();
    assert_int_equal(verdict.worst.awake, 1);
    /* All that is to be doubted, in one sentence. */
    evidence.invariant = false;
    judged();
    assert_string_equal(verdict.linux_advice,
                        "Good for Linux as far as was seen, but not every CPU was, 1 CPUs did not "
                        "reach deep idle, CPUID promises no invariant TSC.");
    /* What is wrong is wrong all the same. */
    cpus[1].seen.offset_ns = 41;
    assert_int_equal(judged(), VERDICT_IN_PARALLEL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(some_left_out, good),
        cmocka_unit_test_setup(some_never_came, good),
        cmocka_unit_test_setup(none_named, good),
        cmocka_unit_test_setup(idle_not_tried, good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
