/* sources: hv/check/judge.c hv/check/judge_timers.c hv/check/judge_words.c hv/check/words.c hv/check/timer_words.c hv/check/linux_words.c hv/platform/reference/sources.c hv/log/format.c */
/* What Linux's watchdog would make of it, by version: said where TSCs are unsafe, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_fixture.h"

#define OFF  " Its watchdog is off where sockets are few; since 7.1 tsc=watchdog turns it on."
#define SEES " Its watchdog sees TSCs that are 500 us apart, since 7.1 one that is behind."

static void adjust_is_there(bool there)
{
    for (unsigned i = 0; i < CPUS; i++)
        cpus[i].facts.tsc_adjust = there;
}

static void drift(int64_t ppb)
{
    cpus[2].seen.rate_ppb = ppb;
    assert_int_equal(judged(), VERDICT_DRIFT);
    assert_string_equal(verdict.linux_word, "unsafe");
}

/* 500 us are there after 12.5 s at 40 ppm, whichever way; and after hours at 100 ppb. */
static void drift_takes_its_time(void **state)
{
    (void)state;
    drift(40000);
    assert_says(verdict.linux_advice,
                ", and never tsc=reliable. Its watchdog sees TSCs that are 500 us apart (these after 13 s), "
                "since 7.1 one that is behind.");
    drift(-40000);
    assert_says(verdict.linux_advice, "(these after 13 s)");
    drift(100);
    assert_says(verdict.linux_advice, "(these after 5000 s)");
}

static void an_offset_is_there_at_once(void **state)
{
    (void)state;
    cpus[1].seen.offset_ns = -2000;
    assert_int_equal(judged(), VERDICT_IN_PARALLEL);
    assert_string_equal(verdict.linux_word, "unsafe");
    assert_says(verdict.linux_advice, SEES);
}

/* With both; either alone leaves it on. */
static void off_by_what_cpuid_says(void **state)
{
    (void)state;
    adjust_is_there(true);
    drift(40000);
    assert_says(verdict.linux_advice, OFF);
    assert_null(strstr(verdict.linux_advice, "500 us"));
    evidence.invariant = false;
    drift(40000);
    assert_says(verdict.linux_advice, "500 us apart");
    evidence.invariant = true;
    adjust_is_there(false);
    drift(40000);
    assert_says(verdict.linux_advice, "500 us apart");
}

static void nothing_to_watch_by(void **state)
{
    (void)state;
    evidence.timeless = true;
    cpus[2].seen.rate_ppb = 40000;
    assert_int_equal(judged(), VERDICT_DRIFT);
    assert_null(strstr(verdict.linux_advice, "watchdog"));
}

static void silent_where_tscs_are_right(void **state)
{
    (void)state;
    assert_int_equal(judged(), VERDICT_IN_STEP);
    assert_null(strstr(verdict.linux_advice, "watchdog"));
}

/* The longest of all still has its end. */
static void all_of_it_fits(void **state)
{
    (void)state;
    cpus[1].idle = (struct idle_trial){.result = IDLE_STOPPED, .stopped_ns = 20000000};
    evidence.source = "pmtimer";
    assert_judged(VERDICT_STOPS_IN_IDLE, "stops-in-idle", "STOPS IN IDLE", "unsafe", "clocksource=acpi_pm");
    assert_says(verdict.linux_advice, "since 7.1 one that is behind.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(drift_takes_its_time, good),
        cmocka_unit_test_setup(an_offset_is_there_at_once, good),
        cmocka_unit_test_setup(off_by_what_cpuid_says, good),
        cmocka_unit_test_setup(nothing_to_watch_by, good),
        cmocka_unit_test_setup(silent_where_tscs_are_right, good),
        cmocka_unit_test_setup(all_of_it_fits, good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
