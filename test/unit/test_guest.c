/* sources: guest/arithmetic.c guest/options.c */
/* The guest's own arithmetic and command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../guest/arithmetic.h"
#include "../../guest/options.h"
#include "../../guest/system.h"

static char printed[400];

void print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(printed, sizeof(printed), format, args);
    va_end(args);
}

/* Only whether it is asked by name is looked at here. */
fault_provoke fault_named(const char *name, size_t length)
{
    return length == 4 && !memcmp(name, "null", 4) ? abort : NULL;
}

static struct meridian_sample at(uint64_t tsc, uint64_t ns, uint64_t hz)
{
    return (struct meridian_sample){.tsc = tsc, .system_time = ns, .cpu_freq = hz};
}

static int64_t rate(uint64_t ticks, uint64_t ns, uint64_t hz)
{
    struct meridian_sample first = at(12345, 67890, hz), last = at(12345 + ticks, 67890 + ns, hz);
    return rate_ppb(&first, &last);
}

static void rate_is_the_lines_against_the_frequency(void **state)
{
    (void)state;
    assert_int_equal(rate(10000000000, 10000000000, 1000000000), 0);
    assert_int_equal(rate(10000000000, 10000000010, 1000000000), 1);
    assert_int_equal(rate(10000000000, 9999999990, 1000000000), -1);
    assert_int_equal(rate(26000000000, 10000010000, 2600000000), 1000);
    assert_int_equal(rate(16000000000ull * 86400 * 365, 86400ull * 365 * 1000000000, 16000000000), 0);
}

static void rate_of_nothing_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(rate(1000, 1000, 0), RATE_UNKNOWN);
    assert_int_equal(rate(0, 0, 1000000000), RATE_UNKNOWN);
    assert_int_equal(rate(1000000000, 11000000000, 1000000000), RATE_UNKNOWN);
    assert_int_equal(rate(UINT64_MAX, 5, 1000000000), RATE_UNKNOWN);
    assert_int_equal(rate(5, 5, UINT64_MAX), RATE_UNKNOWN);
}

static void options_are_words(void **state)
{
    struct options o = options_parse("guest.elf duration=10  vcpus=3 quiet console=hvc0 settime=1120824000");
    (void)state;
    assert_int_equal(o.duration_s, 10);
    assert_int_equal(o.vcpus, 3);
    assert_true(o.quiet);
    assert_false(o.records || o.mailbox);
    assert_int_equal(o.settime, 1120824000);
    o = options_parse("");
    assert_int_equal(o.duration_s + o.vcpus + o.settime, 0);
    assert_true(options_parse("records duration=3").records);
    assert_true(options_parse("x mailbox").mailbox);
    assert_false(options_parse("records=1 mailboxes").records || options_parse("mailboxes").mailbox);
    assert_false(o.quiet);
}

static void a_bad_value_is_named(void **state)
{
    static const char *const bad[] = {"duration=", "duration=-1", "duration=1x", "duration=1000000001",
                                      "duration=99999999999999999999999"};
    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        printed[0] = 0;
        assert_int_equal(options_parse(bad[i]).duration_s, 0);
        assert_non_null(strstr(printed, bad[i]));
        assert_true(options_parse(bad[i]).bad);
    }
    assert_true(options_parse("vcpus=2 settime=x").bad);
    assert_false(options_parse("vcpus=2 settime=1 x= console=hvc0").bad);
    assert_int_equal(options_parse("duration=1000000000").duration_s, 1000000000);
    assert_int_equal(options_parse("duration=5 duration=x vcpus=2 vcpus=").duration_s, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_is_the_lines_against_the_frequency),
        cmocka_unit_test(rate_of_nothing_is_unknown),
        cmocka_unit_test(options_are_words),
        cmocka_unit_test(a_bad_value_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
