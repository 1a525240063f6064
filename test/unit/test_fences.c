/* sources: test/unit/test_fences.c */
/*
 * The fences are there, in the machine code that the wrappers become: no reader and no simulation of all CPUs
 * in one thread can miss them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/instructions.h"
#include "meridian/clock.h"

#define LOOK_BYTES 200u /* a function of a few instructions is shorter, instrumented or not */
#define RET        0xc3u

static const uint8_t MFENCE[] = {0x0f, 0xae, 0xf0}, LFENCE[] = {0x0f, 0xae, 0xe8}, RDTSC[] = {0x0f, 0x31};

static __attribute__((noinline)) uint64_t after_stores(void)
{
    return rdtsc_after_stores();
}

static __attribute__((noinline)) uint64_t ordered(void)
{
    return rdtsc_ordered();
}

static __attribute__((noinline)) uint64_t readers(void)
{
    return meridian_tsc();
}

/* Where `code` is found from `at` on, before the function's end at the earliest; LOOK_BYTES: nowhere. */
static unsigned find(uint64_t (*function)(void), unsigned at, const uint8_t *code, unsigned length)
{
    const uint8_t *bytes = (const uint8_t *)(uintptr_t)function;

    for (; at + length <= LOOK_BYTES && bytes[at] != RET; at++)
        if (!memcmp(bytes + at, code, length))
            return at;
    return LOOK_BYTES;
}

static unsigned find_lfence_rdtsc(uint64_t (*function)(void), unsigned at)
{
    unsigned lfence = find(function, at, LFENCE, sizeof LFENCE);
    unsigned rdtsc = find(function, at, RDTSC, sizeof RDTSC);

    assert_int_equal(rdtsc, lfence + sizeof LFENCE); /* with nothing between them */
    assert_true(rdtsc < LOOK_BYTES);
    return lfence;
}

/* LFENCE before RDTSC: else the TSC may be older than what was read before it (SDM vol. 2, RDTSC). */
static void a_tsc_read_waits_for_earlier_loads(void **state)
{
    (void)state;
    find_lfence_rdtsc(ordered, 0);
    find_lfence_rdtsc(readers, 0);
}

/* MFENCE before that: else the records may still look even to others when the joint is chosen. */
static void the_publishers_waits_for_its_stores(void **state)
{
    unsigned mfence = find(after_stores, 0, MFENCE, sizeof MFENCE);

    (void)state;
    assert_true(mfence < find_lfence_rdtsc(after_stores, 0));
    assert_int_equal(find(ordered, 0, MFENCE, sizeof MFENCE), LOOK_BYTES); /* that it can be told apart */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tsc_read_waits_for_earlier_loads),
        cmocka_unit_test(the_publishers_waits_for_its_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
