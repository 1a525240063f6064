/* sources: hv/check/stolen_told.c hv/time/gaps.c hv/time/train.c hv/log/format.c */
/* What is told of stolen time: the CPU that lost most at once, in a sentence that a screen has room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "check/stolen.h"
#include "log/log.h"

#define CPUS 3u
#define GHZ  1000000000ull

static struct gaps gaps[CPUS];
static struct stolen found[CPUS];
static char told[1024], words[STOLEN_TEXT];

struct stolen stolen_of(unsigned cpu)
{
    return cpu < CPUS ? found[cpu] : (struct stolen){0};
}

void log_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(told, sizeof told, format, args);
    va_end(args);
}

static void watched(unsigned cpu, uint64_t hz)
{
    gaps_begin(&gaps[cpu], hz);
    gaps_first(&gaps[cpu], 1000);
    found[cpu] = (struct stolen){.watched = true, .gaps = &gaps[cpu], .hz = hz};
}

static void gap(unsigned cpu, uint64_t before, uint64_t ticks)
{
    gaps[cpu].last += before;
    gaps_add(&gaps[cpu], gaps[cpu].last + ticks);
}

static int begin(void **state)
{
    (void)state;
    memset(found, 0, sizeof found);
    told[0] = 0;
    return 0;
}

static void nothing_watched_is_nothing_told(void **state)
{
    (void)state;
    stolen_words(CPUS, words);
    tell_stolen(0, GHZ);
    assert_string_equal(words, "");
    assert_string_equal(told, "");
}

static void nothing_stolen(void **state)
{
    (void)state;
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        watched(cpu, GHZ);
        gap(cpu, 9999990000, 9999);
    }
    stolen_words(CPUS, words);
    assert_string_equal(words, "No time was stolen: no gap of 10 us in 10 s.");
    tell_stolen(1, 0);
    assert_string_equal(told, "@stolen cpu=1 watched_ns=9999999999 gaps=0 decades=1,0,0,0,0,0,0 long=0 "
                              "largest_ns=9999 period_ns=unknown period_gaps=0 second_period_ns=unknown "
                              "second_period_gaps=0 smi=unknown back=0\n");
}

static void the_worst_is_named(void **state)
{
    (void)state;
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        watched(cpu, GHZ);
    gap(0, GHZ, 30000);
    gap(2, GHZ, 2000000);
    gap(2, GHZ, 150000);
    gap(2, GHZ, 149999);
    found[2].smi_counted = true;
    found[2].smi = 3;
    stolen_words(CPUS, words);
    assert_string_equal(words,
                        "Time was stolen: on CPU2 3 gaps of 10 us or more in 3 s, the longest 2000 us, "
                        "2 of 150 us or more. SMIs: 3.");
    found[2] = (struct stolen){.gaps = &gaps[2]};
    stolen_words(CPUS, words);
    assert_string_equal(words, "Time was stolen: on CPU0 1 gaps of 10 us or more in 1 s, the longest 30 us, "
                               "0 of 150 us or more. SMIs: unknown.");
    stolen_words(0, words);
    assert_string_equal(words, "");
}

/* By the better rate that is known at the end: the TSC turned out to be 1000 ppm faster. */
static void periods_are_told(void **state)
{
    (void)state;
    watched(0, GHZ);
    for (unsigned i = 0; i < 10; i++)
        gap(0, GHZ - 200000, 200000);
    for (unsigned ring = GAPS_DECADES - 1; ring-- > 0;)
        gaps_find_periods(&gaps[0], ring);
    stolen_words(CPUS, words);
    assert_non_null(strstr(words, "150 us or more; one each 1000.0 ms. SMIs"));
    tell_stolen(0, GHZ + GHZ / 1000);
    assert_non_null(
        strstr(told, " largest_ns=199800 period_ns=999000999 period_gaps=10 second_period_ns=unknown "));
    gaps[0].periods[1] = (struct gaps_period){{.period = 63960000, .hits = 9}, 10000};
    stolen_words(CPUS, words);
    assert_non_null(strstr(words, "150 us or more; one each 1000.0 ms, one each 64.0 ms. SMIs"));
    tell_stolen(0, GHZ);
    assert_non_null(strstr(told, " second_period_ns=63960000 second_period_gaps=9 smi=unknown back=0\n"));
}

static void the_most_has_room(void **state)
{
    (void)state;
    watched(0, 1000000);
    gaps[0].last = UINT64_MAX;
    gaps[0].largest = gaps[0].longs = UINT64_MAX;
    gaps[0].decades[1] = UINT64_MAX;
    gaps[0].periods[0] = gaps[0].periods[1] = (struct gaps_period){{.period = UINT64_MAX, .hits = 64}, 1};
    found[0].smi_counted = true;
    found[0].smi = UINT32_MAX;
    stolen_words(1, words);
    assert_int_equal(strcmp(words + strlen(words) - 12, " 4294967295."), 0);
    tell_stolen(0, 0);
    assert_int_equal(told[strlen(told) - 1], '\n');
    assert_true(strlen(told) < 512); /* what a line may have (log/log.h) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_watched_is_nothing_told, begin),
        cmocka_unit_test_setup(nothing_stolen, begin),
        cmocka_unit_test_setup(the_worst_is_named, begin),
        cmocka_unit_test_setup(periods_are_told, begin),
        cmocka_unit_test_setup(the_most_has_room, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
