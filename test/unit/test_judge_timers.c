/* sources: hv/check/judge.c hv/check/judge_timers.c hv/check/judge_words.c hv/check/words.c hv/check/timer_words.c hv/check/linux_words.c hv/platform/reference/sources.c hv/log/format.c */
/*
 * Who is blamed: a TSC, all of them or a timer; and that no option for Linux names a timer that may be off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_fixture.h"

static struct timers *const timers = &evidence.timers;

/* The HPET is the reference, and two others go with it. */
static int three(void **state)
{
    good(state);
    *timers = (struct timers){
        .count = 3,
        .of = {{.name = "hpet", .state = KEEPER_TIMER_REFERENCE, .bound_ppb = UINT64_MAX},
               {.name = "pmtimer", .state = KEEPER_TIMER_AGREES, .ppb = 40, .bound_ppb = 900},
               {.name = "pit", .state = KEEPER_TIMER_AGREES, .ppb = -700, .bound_ppb = 2000}}};
    return 0;
}

static void assert_disputed(const char *names, uint64_t off_ppb)
{
    judge_timers(timers);
    assert_string_equal(timers->disputed, names);
    assert_int_equal(timers->off_ppb, off_ppb);
    judged();
}

static void differs(unsigned i, int64_t ppb)
{
    timers->of[i].state = KEEPER_TIMER_DIFFERS;
    timers->of[i].ppb = ppb;
}

static void all_agree(void **state)
{
    (void)state;
    assert_disputed("", 0);
    assert_string_equal(verdict.linux_word, "safe");
    timers->of[2].state = KEEPER_TIMER_UNKNOWN;
    assert_disputed("", 0);
}

/* The reference has one on its side: the third is off, and the rates are known as well as before. */
static void another_is_off(void **state)
{
    (void)state;
    differs(1, 1000000);
    assert_disputed("pmtimer", 0);
    assert_says(verdict.means, " The pmtimer's rate is off, by 0.100 %.");
    assert_string_equal(verdict.linux_word, "unsure");
    assert_says(verdict.linux_advice, "tsc=nowatchdog");
    /* Linux has nothing to do with the PIT once it runs. */
    three(NULL);
    differs(2, -40000);
    assert_disputed("pit", 0);
    assert_says(verdict.means, " The pit's rate is off, by 40.000 ppm.");
    assert_string_equal(verdict.linux_word, "safe");
}

/* Two of one mind against it. */
static void the_reference_is_off(void **state)
{
    (void)state;
    differs(1, -1000000);
    differs(2, -1001000);
    assert_disputed("hpet", 1003000);
    assert_says(verdict.means, " The hpet's rate is off, by up to 0.100 %.");
    evidence.apart = true;
    judged();
    assert_string_equal(verdict.option, "clocksource=acpi_pm");
    /* By more than their bounds they are not of one mind. */
    timers->of[2].ppb = -1002901;
    assert_disputed("hpet,pmtimer,pit", 1004901);
    assert_string_equal(verdict.option, "tsc=unstable");
}

static void nothing_tells(void **state)
{
    (void)state;
    timers->count = 2;
    differs(1, 5000000);
    assert_disputed("hpet,pmtimer", 5000900);
    assert_says(verdict.means,
                " The pmtimer differs from the reference by 0.500 %, and nothing tells which is right.");
    assert_string_equal(verdict.option, "none");
    evidence.apart = true;
    judged();
    assert_string_equal(verdict.option, "tsc=unstable");
}

static void refused_at_the_start(void **state)
{
    (void)state;
    timers->of[1].state = KEEPER_TIMER_OUTVOTED;
    timers->of[1].ppb = 5000000;
    assert_disputed("pmtimer", 0);
    assert_says(verdict.means, " The pmtimer's rate is off, by 0.500 %.");
}

/* It stood still, and another took its place. */
static void one_failed(void **state)
{
    (void)state;
    timers->of[0].state = KEEPER_TIMER_AGREES;
    timers->of[0].faults = 3;
    timers->of[0].fault = KEEPER_TIMER_STOOD_STILL;
    timers->of[1].state = KEEPER_TIMER_REFERENCE;
    evidence.source = "pmtimer";
    assert_disputed("hpet", 0);
    assert_int_equal(verdict.kind, VERDICT_IN_STEP);
    assert_string_equal(verdict.linux_word, "unsure");
    assert_string_equal(verdict.option, "none");
    assert_says(verdict.means, " The hpet stood still while all else went on.");
    /* And a TSC is wrong besides: to the timer that did not fail. */
    cpus[2].seen.offset_ns = 5000;
    judged();
    assert_string_equal(verdict.option, "clocksource=acpi_pm");
    /* What it says of another's rate is worth nothing. */
    differs(0, 300000);
    assert_disputed("hpet", 0);
    timers->of[0].fault = KEEPER_TIMER_LEAPT;
    judged();
    assert_says(verdict.means, "was not where it should be");
    timers->of[0].fault = KEEPER_TIMER_UNREAD;
    judged();
    assert_says(verdict.means, "could not be read");
    /* If that one fails too there is none left to name. */
    timers->of[1].faults = 1;
    assert_disputed("hpet,pmtimer", 0);
    assert_string_equal(verdict.option, "tsc=unstable");
}

/* All TSCs went one way: nobody knows which side was wrong, and nothing is called safe or unsafe. */
static void all_tscs_left(void **state)
{
    (void)state;
    evidence.disruptions = 12;
    evidence.apart = evidence.percpu = true; /* the disruption's doing */
    evidence.culprits.unknown = 12;
    assert_judged(VERDICT_UNKNOWN, "unknown", "UNKNOWN", "unsure", "none");
    assert_string_equal(verdict.means,
                        "12 times all TSCs together and the reference disagreed beyond all bounds. "
                        "Nothing tells which was wrong.");
    evidence.culprits = (struct culprits){.all_tscs = 12};
    assert_judged(VERDICT_UNKNOWN, "unknown", "UNKNOWN", "unsure", "none");
    assert_says(verdict.means, "all TSCs together and all timers together");
    evidence.count = evidence.named = 1;
    judged();
    assert_says(verdict.means, "12 times the TSC and all timers together");
    /* TSCs that are apart as well are apart for certain. */
    three(NULL);
    evidence.disruptions = evidence.culprits.unknown = 1;
    cpus[1].seen.behind = 1;
    assert_int_equal(judged(), VERDICT_NOT_IN_STEP);
}

/* No timer at all: TSCs are held against one another, in ticks. */
static void no_timer(void **state)
{
    good(state);
    evidence.source = "none";
    evidence.timeless = true;
    evidence.watched_s = 0;
    for (unsigned i = 0; i < CPUS; i++)
        cpus[i].seen.err_ns = cpus[i].seen.hz_ppb = UINT64_MAX;
    assert_judged(VERDICT_UNKNOWN, "unknown", "UNKNOWN", "unsure", "none");
    assert_string_equal(verdict.means,
                        "There is no timer to hold TSCs against. Beside one another all 4 are the same "
                        "to within 40 ticks, at the same rate to within 0.050 ppm.");
    assert_says(verdict.linux_advice, "no timer to watch the TSC by either");
    evidence.cpuid_hz = 2400000000;
    judged();
    assert_says(verdict.means, " CPUID says 2400 MHz, which nothing confirms.");
    /* One did not meet again: less is said. */
    cpus[2].seen.rate_bound_ppb = UINT64_MAX;
    judged();
    assert_null(strstr(verdict.means, "Beside"));
    cpus[2].seen.rate_bound_ppb = 50;
    /* What is wrong among TSCs is wrong without a timer too, and Linux is sent to none. */
    cpus[2].seen.offset_ns = 41;
    assert_judged(VERDICT_NOT_IN_STEP, "not-in-step", "NOT IN STEP", "unsafe", "tsc=unstable");
    assert_says(verdict.means, "CPU2's TSC is 41 ticks ahead of the boot CPU's, to within 40 ticks.");
    cpus[3].seen.rate_ppb = 51;
    assert_judged(VERDICT_DRIFT, "drift", "DRIFT APART", "unsafe", "tsc=unstable");
    cpus[1].idle.result = IDLE_STOPPED;
    assert_int_equal(judged(), VERDICT_STOPS_IN_IDLE);
    /* The boot CPU alone. */
    good(state);
    evidence.timeless = true;
    evidence.count = evidence.named = 1;
    judged();
    assert_string_equal(verdict.means, "There is no timer to hold TSCs against.");
}

/* The board's two: they agree, or one is off, and which, if others tell. */
static void crystals(void **state)
{
    static const struct {
        struct keeper_crystals found;
        const char *says;
    } all[] = {
        {{CRYSTALS_AGREE, 12000, 39000}, " RTC and hpet agree within 100 ppm."},
        {{CRYSTALS_RTC, 200000, 9000}, " The rtc's crystal is off: 200.000 ppm fast, to within 9.000 ppm."},
        {{CRYSTALS_RTC, -200000, 9000}, " The rtc's crystal is off: 200.000 ppm slow, "},
        {{CRYSTALS_REFERENCE, 5000000, 9000},
         " The hpet's crystal is off: 0.500 % slow, to within 9.000 ppm."},
        {{CRYSTALS_REFERENCE, -200000, 9000}, " The hpet's crystal is off: 200.000 ppm fast, "},
        {{CRYSTALS_EITHER, 200000, 9000},
         " The rtc is 200.000 ppm faster than the hpet, to within 9.000 ppm: one crystal is off, and nothing "
         "tells which."},
        {{CRYSTALS_EITHER, -200000, 9000}, " The rtc is 200.000 ppm slower than the hpet, "}};

    good(state);
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        evidence.crystals = all[i].found;
        assert_int_equal(judged(), VERDICT_IN_STEP);
        assert_says(verdict.means, all[i].says);
    }
    evidence.crystals = (struct keeper_crystals){CRYSTALS_UNKNOWN, 0, UINT64_MAX};
    judged();
    assert_null(strstr(verdict.means, "tc"));
    assert_null(strstr(verdict.means, "RTC"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_agree, three),
        cmocka_unit_test_setup(another_is_off, three),
        cmocka_unit_test_setup(the_reference_is_off, three),
        cmocka_unit_test_setup(nothing_tells, three),
        cmocka_unit_test_setup(refused_at_the_start, three),
        cmocka_unit_test_setup(one_failed, three),
        cmocka_unit_test_setup(all_tscs_left, three),
        cmocka_unit_test_setup(no_timer, good),
        cmocka_unit_test(crystals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
