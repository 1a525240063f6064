/* sources: */
/* flags: -O2 -fno-sanitize=all */
/*
 * The order of a read, in the machine code that it becomes (no run can show that it is always kept):
 * LFENCE, then RDTSC, then a zero is made from the TSC before the versions are looked at again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "meridian/clock.h"

#define LOOK_BYTES 1500u
#define AFTER      90u /* bytes from RDTSC to the zero, at most: the line's loads are among them */

static const uint8_t LFENCE_RDTSC[] = {0x0f, 0xae, 0xe8, 0x0f, 0x31};

typedef void (*reader)(const struct meridian_clock *clock, struct meridian_counts *counts, uint64_t *out);

static __attribute__((noinline)) void point(const struct meridian_clock *clock,
                                            struct meridian_counts *counts, uint64_t *out)
{
    *out = meridian_now_ns(clock, counts);
}

static __attribute__((noinline)) void interval(const struct meridian_clock *clock,
                                               struct meridian_counts *counts, uint64_t *out)
{
    struct meridian_interval i = meridian_now(clock, counts);

    out[0] = i.earliest_ns;
    out[1] = i.latest_ns;
}

static __attribute__((noinline)) void sample(const struct meridian_clock *clock,
                                             struct meridian_counts *counts, uint64_t *out)
{
    struct meridian_sample s;

    meridian_read(clock, counts, &s);
    *out = meridian_raw_ns(&s);
}

/* `and $0, register` of 64 bits; nothing but meridian_zero_after() has a use for it. */
static bool is_zero_after(const uint8_t *code)
{
    return (code[0] & 0xfe) == 0x48 && code[1] == 0x83 && (code[2] & 0xf8) == 0xe0 && code[3] == 0;
}

/* The first `reads` that the function makes of the TSC, in the order of its code. */
static void are_ordered(reader function, unsigned reads)
{
    const uint8_t *code = (const uint8_t *)(uintptr_t)function;
    unsigned at = 0, zero;

    for (; reads > 0; reads--, at++) {
        while (at < LOOK_BYTES && memcmp(code + at, LFENCE_RDTSC + 3, 2) != 0)
            at++;
        assert_true(at < LOOK_BYTES);
        assert_memory_equal(code + at - 3, LFENCE_RDTSC, sizeof LFENCE_RDTSC);
        for (zero = at; zero < at + AFTER && !is_zero_after(code + zero);)
            zero++;
        assert_true(zero < at + AFTER);
    }
}

/* The point has two: the common record and a VCPU's own. The last has a third: Xen's. */
static void the_second_look_waits_for_the_tsc(void **state)
{
    (void)state;
    are_ordered(point, 2);
    are_ordered(interval, 1);
    are_ordered(sample, 3);
}

/* The three do run. */
static void they_read(void **state)
{
    static struct meridian_record page[2] = {{.flags = MERIDIAN_FLAG_TSC_STABLE, .system_time = 5}};
    static const struct meridian_record *const pages[] = {page};
    struct meridian_clock clock = {.common = page, .pages = pages};
    struct meridian_counts counts = {0};
    uint64_t out[2] = {0, 0};
    (void)state;
    point(&clock, &counts, out);
    assert_int_equal(out[0], 5);
    sample(&clock, &counts, out);
    assert_int_equal(out[0], 5);
    interval(&clock, &counts, out);
    assert_true(out[0] <= 5 && out[1] >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_look_waits_for_the_tsc),
        cmocka_unit_test(they_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
