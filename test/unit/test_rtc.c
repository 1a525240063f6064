/* sources: hv/platform/rtc_decode.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "phys.h"
#include "platform/rtc.h"

#define BINARY   4u
#define HOURS_24 2u

static uint8_t bcd(int value)
{
    return (uint8_t)(value / 10 * 16 + value % 10);
}

/* The registers as a clock in that mode would show them. */
static struct rtc_registers registers_of(time_t when, uint8_t status_b)
{
    struct tm tm;
    gmtime_r(&when, &tm);
    int hour = tm.tm_hour;
    uint8_t pm = 0;
    if (!(status_b & HOURS_24)) {
        pm = hour >= 12 ? 0x80 : 0;
        hour = hour % 12 ? hour % 12 : 12;
    }
    int fields[] = {
        tm.tm_sec, tm.tm_min, hour, tm.tm_mday, tm.tm_mon + 1, tm.tm_year % 100, 19 + tm.tm_year / 100};
    uint8_t raw[7];
    for (unsigned i = 0; i < 7; i++)
        raw[i] = status_b & BINARY ? (uint8_t)fields[i] : bcd(fields[i]);
    return (struct rtc_registers){raw[0], raw[1], raw[2] | pm, raw[3], raw[4], raw[5], raw[6], status_b};
}

static void as_libc_in_every_mode(void **state)
{
    (void)state;
    struct random random = {6};
    for (unsigned i = 0; i < 100000; i++) {
        time_t when = (time_t)(random_next(&random) % 10413792000ull); /* to the end of 2299 */
        struct rtc_registers raw = registers_of(when, (uint8_t)(i % 4 * 2));
        int64_t utc;
        assert_true(rtc_decode(&raw, true, &utc));
        assert_true(utc == when);
        bool in_window = when < 3155760000; /* 2070-01-01 */
        assert_true(rtc_decode(&raw, false, &utc));
        assert_int_equal(utc == when, in_window);
    }
}

static void at_each_end(void **state)
{
    (void)state;
    int64_t utc;
    struct rtc_registers raw = {0x59, 0x59, 0x23, 0x31, 0x12, 0x69, 0, HOURS_24};
    assert_true(rtc_decode(&raw, true, &utc)); /* a century register that holds 0 is not believed */
    assert_true(utc == 3155759999);
    raw = (struct rtc_registers){0, 0, 0, 1, 1, 0x70, 0xff, HOURS_24};
    assert_true(rtc_decode(&raw, true, &utc));
    assert_true(utc == 0);
    raw = (struct rtc_registers){0, 0, 0x12, 0x29, 2, 0, 0x20, 0};
    assert_true(rtc_decode(&raw, true, &utc)); /* 12 at night, on a leap day */
    assert_true(utc == 951782400);
    raw.hour = 0x92;
    assert_true(rtc_decode(&raw, true, &utc));
    assert_true(utc == 951782400 + 12 * 3600);
}

static void nonsense(void **state)
{
    (void)state;
    const struct rtc_registers good = {0x59, 0x59, 0x23, 0x28, 0x02, 0x23, 0x20, HOURS_24};
    struct rtc_registers raw = good;
    int64_t utc;
    assert_true(rtc_decode(&raw, true, &utc));
#define REFUSED(field, value) (raw = good, raw.field = (value), assert_false(rtc_decode(&raw, true, &utc)))
    REFUSED(second, 0x60);
    REFUSED(second, 0x1a);
    REFUSED(minute, 0x60);
    REFUSED(minute, 0xa0);
    REFUSED(hour, 0x24);
    REFUSED(hour, 0x92);
    REFUSED(day, 0);
    REFUSED(day, 0x29);
    REFUSED(month, 0);
    REFUSED(month, 0x13);
    REFUSED(year, 0x9a);
#undef REFUSED
    raw = (struct rtc_registers){0, 0, 0, 1, 1, 0x69, 0x19, HOURS_24};
    assert_false(rtc_decode(&raw, true, &utc)); /* 1969 */
    raw = (struct rtc_registers){0, 0, 0, 1, 1, 0x20, 0x20, 0};
    assert_false(rtc_decode(&raw, true, &utc)); /* there is no hour 0 on a 12-hour dial */
    memset(&raw, 0xff, sizeof(raw));
    assert_false(rtc_decode(&raw, true, &utc)); /* nobody answers */
    memset(&raw, 0, sizeof(raw));
    assert_false(rtc_decode(&raw, true, &utc));
}

static void any_registers(void **state)
{
    (void)state;
    struct random random = {7};
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t bytes = random_next(&random);
        struct rtc_registers raw;
        memcpy(&raw, &bytes, sizeof(raw));
        int64_t utc = -1;
        if (rtc_decode(&raw, i & 1, &utc))
            assert_true(utc >= 0 && utc < 32503680000); /* below the year 3000 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_libc_in_every_mode),
        cmocka_unit_test(at_each_end),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(any_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
