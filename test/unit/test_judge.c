/* sources: hv/check/judge.c hv/check/judge_timers.c hv/check/judge_words.c hv/check/words.c hv/check/timer_words.c hv/check/linux_words.c hv/platform/reference/sources.c hv/log/format.c */
/* What a machine's TSCs are judged to be: each rule by itself, at its edges, and which one wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_fixture.h"

static void in_step(void **state)
{
    (void)state;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "safe", "none");
    assert_string_equal(verdict.means, "All 4 TSCs tell the same time to within 40 ns, at the same rate to "
                                       "within 0.050 ppm; nothing changed them in 60 s.");
    assert_string_equal(verdict.linux_advice, "Safe as Linux's clock source: no option is needed.");
    assert_int_equal(verdict.worst.measured, 4);
    assert_int_equal(verdict.worst.meetings, 36);
    assert_int_equal(verdict.worst.err_ns, 70);
}

/* In step, but Linux goes by what CPUID promises. */
static void in_step_without_a_promise(void **state)
{
    (void)state;
    evidence.invariant = false;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_says(verdict.linux_advice, "CPUID promises no");
}

static void in_step_on_a_hypervisor(void **state)
{
    (void)state;
    evidence.hypervisor = true;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "safe", "none");
    assert_says(verdict.linux_advice, "virtual machine");
}

/* The same on all: Firmware's, and no harm. */
static void in_step_and_adjusted_alike(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CPUS; i++)
        cpus[i].seen.adjust = -12345;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "safe", "none");
    assert_says(verdict.means, " Before that, firmware set all of them alike.");
}

static void one_cpu(void **state)
{
    (void)state;
    evidence.count = evidence.named = 1;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "safe", "none");
    assert_string_equal(verdict.means, "Only one CPU ran: its TSC kept time with the hpet for 60 s.");
    evidence.count = evidence.named = 2;
    cpus[1].seen.state = KEEPER_CPU_LEFT_OUT;
    assert_judged(VERDICT_IN_STEP, "in-step", "IN STEP", "unsure", "none");
    assert_says(verdict.means, "Only one CPU ran");
}

static void unknown(void **state)
{
    (void)state;
    evidence.watched_s = 2;
    assert_judged(VERDICT_UNKNOWN, "unknown", "UNKNOWN", "unsure", "none");
    assert_string_equal(verdict.means, "Watched for 2 s only.");
    evidence.watched_s = 3;
    assert_int_equal(judged(), VERDICT_IN_STEP);
    good(state);
    for (unsigned i = 0; i < CPUS; i++)
        cpus[i].seen.state = KEEPER_CPU_LEFT_OUT;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_string_equal(verdict.means, "No TSC could be measured.");
    evidence.count = 0;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
}

static void unknown_bounds(void **state)
{
    (void)state;
    cpus[2].seen.offset_bound_ns = UINT64_MAX;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_string_equal(verdict.means, "How far CPU2's TSC is off is not known.");
    assert_true(verdict.worst.offset_bound_ns == UINT64_MAX);
    good(state);
    cpus[3].seen.rate_bound_ppb = UINT64_MAX;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_says(verdict.means, "CPU3");
    good(state);
    cpus[0].seen.err_ns = UINT64_MAX;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_says(verdict.means, "CPU0");
    assert_true(verdict.worst.err_ns == UINT64_MAX);
}

/* Known, but worth nothing. */
static void wide_bounds(void **state)
{
    (void)state;
    cpus[2].seen.offset_bound_ns = 1000000;
    cpus[2].seen.rate_bound_ppb = 100000;
    assert_int_equal(judged(), VERDICT_IN_STEP);
    cpus[2].seen.offset_bound_ns = 1000001;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_says(verdict.means, "CPU2");
    cpus[2].seen.offset_bound_ns = 40;
    cpus[2].seen.rate_bound_ppb = 100001;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
}

/* Per-CPU mode that nobody asked for, with no TSC seen out of step. */
static void too_few_meetings(void **state)
{
    (void)state;
    evidence.percpu = true;
    assert_judged(VERDICT_UNKNOWN, "unknown", "UNKNOWN", "unsure", "none");
    assert_says(verdict.means, "Too few meetings");
    evidence.percpu_asked = true;
    assert_int_equal(judged(), VERDICT_IN_STEP);
}

static void stops_in_idle(void **state)
{
    (void)state;
    cpus[1].idle = (struct idle_trial){.result = IDLE_STOPPED, .stopped_ns = 19500000};
    assert_judged(VERDICT_STOPS_IN_IDLE, "stops-in-idle", "STOPS IN IDLE", "unsafe", "clocksource=hpet");
    assert_string_equal(verdict.means, "CPU1's TSC stood still for 19500 us while it idled for 20 ms.");
    assert_says(verdict.linux_advice, "processor.max_cstate=1");
    assert_says(verdict.linux_advice, "CPUID denies");
    evidence.invariant = false;
    assert_int_equal(judged(), VERDICT_STOPS_IN_IDLE);
    assert_null(strstr(verdict.linux_advice, "CPUID"));
    for (enum idle_result r = IDLE_NOT_TRIED; r <= IDLE_NO_ANSWER; r++) {
        cpus[1].idle.result = r;
        assert_int_equal(judged(), r == IDLE_STOPPED ? VERDICT_STOPS_IN_IDLE : VERDICT_IN_STEP);
    }
}

/* Beyond its bound, and beyond what a crystal may change by within a second. */
static void drift(void **state)
{
    (void)state;
    cpus[2].seen.rate_ppb = 50;
    assert_int_equal(judged(), VERDICT_IN_STEP);
    cpus[2].seen.rate_ppb = 51;
    assert_judged(VERDICT_DRIFT, "drift", "DRIFT APART", "unsafe", "clocksource=hpet");
    assert_string_equal(verdict.means, "CPU2's TSC is 0.051 ppm faster than the boot CPU's, to within 0.050 "
                                       "ppm: 4406 us in a day.");
    assert_says(verdict.linux_advice, "tsc=reliable");
    cpus[2].seen.rate_ppb = -200000;
    assert_int_equal(judged(), VERDICT_DRIFT);
    assert_says(verdict.means, "200.000 ppm slower");
    assert_int_equal(verdict.worst.rate_ppb, -200000);
    assert_int_equal(verdict.worst.rate_cpu, 2);
    cpus[2].seen.rate_ppb = 10;
    cpus[2].seen.rate_bound_ppb = 2;
    assert_int_equal(judged(), VERDICT_IN_STEP);
    cpus[2].seen.rate_ppb = 11;
    assert_int_equal(judged(), VERDICT_DRIFT);
    cpus[2].seen.rate_ppb = -11;
    assert_int_equal(judged(), VERDICT_DRIFT);
    cpus[2].seen.rate_bound_ppb = UINT64_MAX;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
}

static void changed(void **state)
{
    (void)state;
    cpus[3].seen.adjust_changed = true;
    assert_judged(VERDICT_CHANGED, "changed", "CHANGED", "unsafe", "clocksource=hpet");
    assert_says(verdict.means, "CPU3's TSC");
    good(state);
    evidence.disruptions = 2;
    evidence.culprits = (struct culprits){.some_tscs = 1, .unknown = 1};
    evidence.culprit_cpu = 3;
    assert_judged(VERDICT_CHANGED, "changed", "CHANGED", "unsafe", "clocksource=hpet");
    assert_string_equal(verdict.means, "CPU3's TSC jumped or stood still, while other TSCs went on with the "
                                       "timers.");
}

static void not_in_step(void **state)
{
    (void)state;
    rates_known_widely();
    cpus[3].seen.offset_ns = -40;
    assert_int_equal(judged(), VERDICT_IN_STEP);
    assert_says(verdict.means, "within 80 ns");
    cpus[3].seen.offset_ns = -41;
    assert_judged(VERDICT_NOT_IN_STEP, "not-in-step", "NOT IN STEP", "unsafe", "clocksource=hpet");
    assert_string_equal(verdict.means, "CPU3's TSC is 41 ns behind the boot CPU's, to within 40 ns.");
    cpus[3].seen.offset_ns = 2000000000;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    assert_says(verdict.means, "CPU3's TSC is 2000 ms ahead of");
    assert_int_equal(verdict.worst.offset_ns, 2000000000);
    assert_int_equal(verdict.worst.offset_cpu, 3);
    cpus[3].seen.offset_ns = INT64_MIN + 1;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    good(state);
    cpus[2].seen.behind = 1;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    assert_int_equal(verdict.worst.behind, 1);
    good(state);
    evidence.apart = true;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
}

/* In the largest unit that leaves three digits; of several CPUs the first. */
static void named_with_a_unit(void **state)
{
    static const struct {
        int64_t ns;
        const char *says;
    } offsets[] = {{99999, "CPU1's TSC is 99999 ns ahead"},    {100000, "CPU1's TSC is 100 us ahead"},
                   {100499, "CPU1's TSC is 100 us ahead"},     {100500, "CPU1's TSC is 101 us ahead"},
                   {99999499, "CPU1's TSC is 99999 us ahead"}, {100000000, "CPU1's TSC is 100 ms ahead"}};

    (void)state;
    rates_known_widely();
    cpus[2].seen.offset_ns = INT64_MAX / 2;
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        cpus[1].seen.offset_ns = offsets[i].ns;
        assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
        assert_says(verdict.means, offsets[i].says);
    }
    assert_int_equal(verdict.worst.offset_cpu, 2);
}

/* Another clock that was seen to work. */
static void options(void **state)
{
    (void)state;
    evidence.apart = true;
    evidence.source = "pmtimer";
    judged();
    assert_string_equal(verdict.option, "clocksource=acpi_pm");
    evidence.source = "pit";
    judged();
    assert_string_equal(verdict.option, "tsc=unstable");
}

/* ---- Which wins: all of them at once, and then the first taken away, one after another ---- */

static void priority(void **state)
{
    (void)state;
    cpus[0].seen.err_ns = UINT64_MAX;
    cpus[1].idle.result = IDLE_STOPPED;
    cpus[2].seen.rate_ppb = 1000;
    cpus[3].seen.adjust_changed = true;
    evidence.disruptions = evidence.culprits.some_tscs = 1;
    cpus[1].seen.offset_ns = 1000;
    cpus[2].seen.behind = 1;
    evidence.apart = evidence.percpu = true;
    assert_int_equal(judged(), VERDICT_STOPS_IN_IDLE);
    cpus[1].idle.result = IDLE_GOES_ON;
    assert_int_equal(judged(), VERDICT_DRIFT);
    cpus[2].seen.rate_ppb = 0;
    assert_int_equal(judged(), VERDICT_CHANGED);
    assert_says(verdict.means, "CPU3");
    cpus[3].seen.adjust_changed = false;
    assert_int_equal(judged(), VERDICT_CHANGED);
    assert_says(verdict.means, "jumped");
    evidence.disruptions = evidence.culprits.some_tscs = 0;
    assert_int_equal(judged(), VERDICT_IN_PARALLEL);
    rates_known_widely();
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    assert_says(verdict.means, "CPU1's TSC is 1000 ns");
    cpus[1].seen.offset_ns = 0;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    cpus[2].seen.behind = 0;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    evidence.apart = false;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_says(verdict.means, "CPU0's TSC");
    cpus[0].seen.err_ns = 1;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_says(verdict.means, "meetings");
    evidence.percpu = false;
    assert_int_equal(judged(), VERDICT_IN_STEP);
}

/* The first that is true of any CPU, not the first CPU of which any is. */
static void priority_over_cpus(void **state)
{
    (void)state;
    cpus[1].seen.offset_ns = 100;
    cpus[3].idle = (struct idle_trial){.result = IDLE_STOPPED, .stopped_ns = 1};
    assert_int_equal(judged(), VERDICT_STOPS_IN_IDLE);
    assert_says(verdict.means, "CPU3");
}

/* What is wrong is wrong at once; that nothing is wrong takes its time. */
static void at_once(void **state)
{
    (void)state;
    evidence.watched_s = 0;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    cpus[2].seen.err_ns = UINT64_MAX;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
    assert_says(verdict.means, "Watched for 0 s only.");
    evidence.apart = true;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
    cpus[2].seen.rate_ppb = 1000;
    assert_int_equal(judged(), VERDICT_DRIFT);
    evidence.count = 1;
    evidence.apart = false;
    assert_int_equal(judged(), VERDICT_UNKNOWN);
}

/* ---- No sentence is ever cut ---- */

static void whole(const char *text)
{
    size_t length = strlen(text);

    assert_true(length > 0 && length < VERDICT_TEXT - 1);
    assert_int_equal(text[length - 1], '.');
}

static void complete(void)
{
    judged();
    whole(verdict.means);
    whole(verdict.linux_advice);
}

static void extremes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CPUS; i++) {
        cpus[i].seen.offset_bound_ns = cpus[i].seen.rate_bound_ppb = UINT64_MAX - 1;
        cpus[i].seen.offset_ns = cpus[i].seen.rate_ppb = INT64_MIN + 1;
    }
    evidence.source = "pmtimer";
    evidence.hypervisor = true;
    evidence.watched_s = UINT32_MAX;
    complete();
    evidence.invariant = false;
    complete();
    cpus[3].seen.state = KEEPER_CPU_LEFT_OUT;
    evidence.disruptions = UINT32_MAX;
    complete();
    evidence.disruptions = 0;
    cpus[1].seen.adjust = INT64_MIN;
    cpus[0].seen.adjust = INT64_MIN + 1;
    complete();
    cpus[2].seen.adjust_changed = true;
    complete();
    cpus[2].seen.rate_bound_ppb = 1;
    complete();
    evidence.invariant = true;
    cpus[1].idle = (struct idle_trial){.result = IDLE_STOPPED, .stopped_ns = UINT64_MAX};
    complete();
    evidence.watched_s = 0;
    complete();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(in_step, good),
        cmocka_unit_test_setup(in_step_without_a_promise, good),
        cmocka_unit_test_setup(in_step_on_a_hypervisor, good),
        cmocka_unit_test_setup(in_step_and_adjusted_alike, good),
        cmocka_unit_test_setup(one_cpu, good),
        cmocka_unit_test_setup(unknown, good),
        cmocka_unit_test_setup(unknown_bounds, good),
        cmocka_unit_test_setup(wide_bounds, good),
        cmocka_unit_test_setup(too_few_meetings, good),
        cmocka_unit_test_setup(stops_in_idle, good),
        cmocka_unit_test_setup(drift, good),
        cmocka_unit_test_setup(changed, good),
        cmocka_unit_test_setup(not_in_step, good),
        cmocka_unit_test_setup(named_with_a_unit, good),
        cmocka_unit_test_setup(options, good),
        cmocka_unit_test_setup(priority, good),
        cmocka_unit_test_setup(priority_over_cpus, good),
        cmocka_unit_test_setup(at_once, good),
        cmocka_unit_test_setup(extremes, good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
