/* sources: hv/cpu/apic_timer.c */
/* flags: -include test/unit/fake_timer_cpu.h */
/* The deadline on the TSC is tried before it is relied on, whatever the hardware does with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/apic.h"
#include "cpu/apic_registers.h"
#include "cpu/traps.h"
#include "log/log.h"

#define TICKS 2000u

static struct {
    uint64_t tsc, tsc_step, deadline;
    int64_t off;          /* the hardware's TSC, less the CPU's */
    unsigned armed, lost; /* so many deadlines are lost before one is kept */
    bool broken, fenced, armed_unfenced;
    uint32_t ecx, lvt, divide, count;
    char line[256];
} hw;

struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    assert_int_equal(leaf, 1);
    assert_int_equal(subleaf, 0);
    return (struct cpuid_result){.ecx = hw.ecx};
}

uint64_t rdtsc_ordered(void)
{
    return hw.tsc += hw.tsc_step;
}

void wrmsr(uint32_t msr, uint64_t value)
{
    assert_int_equal(msr, MSR_TSC_DEADLINE);
    hw.deadline = value;
    hw.armed++;
    hw.armed_unfenced |= !hw.fenced;
}

void cpu_fence_all(void)
{
    hw.fenced = true;
}

unsigned cpu_id(void)
{
    return 3;
}

uint32_t apic_read(unsigned reg)
{
    assert_int_equal(reg, APIC_TIMER_CURRENT);
    return 77;
}

void apic_write(unsigned reg, uint32_t value)
{
    hw.fenced = false;
    if (reg == APIC_LVT_TIMER)
        hw.lvt = value;
    if (reg == APIC_TIMER_DIVIDE)
        hw.divide = value;
    if (reg == APIC_TIMER_INITIAL)
        hw.count = value;
}

bool apic_requested(unsigned vector)
{
    assert_int_equal(vector, VECTOR_TIMER);
    return hw.deadline && !hw.broken && hw.armed > hw.lost &&
           (int64_t)hw.tsc + hw.off >= (int64_t)hw.deadline;
}

void log_print(const char *format, ...)
{
    va_list words;

    va_start(words, format);
    vsnprintf(hw.line, sizeof hw.line, format, words);
    va_end(words);
}

static int fresh(void **state)
{
    (void)state;
    memset(&hw, 0, sizeof hw);
    hw.tsc = 1000000;
    hw.tsc_step = 10;
    return 0;
}

static void a_deadline_that_is_kept_is_used(void **state)
{
    (void)state;
    assert_true(apic_timer_try_deadline(TICKS));
    assert_int_equal(hw.lvt, VECTOR_TIMER | LVT_DEADLINE);
    assert_in_range(hw.tsc, 1000000 + TICKS, 1000000 + 2 * TICKS);
    assert_string_equal(hw.line, "");
}

static void a_host_may_hold_one_back_for_long(void **state)
{
    (void)state;
    hw.lost = 4;
    assert_true(apic_timer_try_deadline(TICKS));
    assert_string_equal(hw.line, "");
}

static void but_not_all_of_them(void **state)
{
    (void)state;
    hw.lost = 5;
    assert_false(apic_timer_try_deadline(TICKS));
}

static void early_by_its_granularity_is_kept(void **state)
{
    (void)state;
    hw.off = TICKS / 8 - 50;
    assert_true(apic_timer_try_deadline(TICKS));
}

static void one_that_never_comes_is_refused(void **state)
{
    (void)state;
    hw.broken = true;
    assert_false(apic_timer_try_deadline(TICKS));
    assert_string_equal(hw.line,
                        "apic: CPU3's deadline on its TSC does not come: its counter is used instead\n");
    assert_int_equal(hw.deadline, 0);
}

static void one_that_counts_from_an_older_tsc_is_refused(void **state)
{
    (void)state;
    hw.off = -1000000;
    assert_false(apic_timer_try_deadline(TICKS));
    assert_non_null(strstr(hw.line, "does not come"));
    assert_int_equal(hw.deadline, 0);
}

static void one_that_comes_at_once_is_refused(void **state)
{
    (void)state;
    hw.off = 1000000;
    assert_false(apic_timer_try_deadline(TICKS));
    assert_non_null(strstr(hw.line, "comes early"));
    assert_int_equal(hw.deadline, 0);
}

static void a_tsc_that_stands_still_ends_the_trial(void **state)
{
    (void)state;
    hw.tsc_step = 0;
    assert_false(apic_timer_try_deadline(TICKS));
}

/* In xAPIC mode the deadline could otherwise be written before the LVT is in deadline mode, and be lost. */
static void the_mode_is_fenced_before_a_deadline(void **state)
{
    (void)state;
    assert_true(apic_timer_try_deadline(TICKS));
    assert_false(hw.armed_unfenced);
}

static void the_counter_runs_undivided(void **state)
{
    (void)state;
    apic_timer_setup(false);
    assert_int_equal(hw.lvt, VECTOR_TIMER);
    assert_int_equal(hw.divide, DIVIDE_BY_1);
    apic_timer_set_count(5);
    assert_int_equal(hw.count, 5);
    assert_int_equal(apic_timer_count(), 77);
}

static void cpuid_says_who_has_a_deadline(void **state)
{
    (void)state;
    hw.ecx = ~(1u << 24);
    assert_false(apic_timer_has_deadline());
    hw.ecx = 1u << 24;
    assert_true(apic_timer_has_deadline());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_deadline_that_is_kept_is_used, fresh),
        cmocka_unit_test_setup(a_host_may_hold_one_back_for_long, fresh),
        cmocka_unit_test_setup(but_not_all_of_them, fresh),
        cmocka_unit_test_setup(early_by_its_granularity_is_kept, fresh),
        cmocka_unit_test_setup(one_that_never_comes_is_refused, fresh),
        cmocka_unit_test_setup(one_that_counts_from_an_older_tsc_is_refused, fresh),
        cmocka_unit_test_setup(one_that_comes_at_once_is_refused, fresh),
        cmocka_unit_test_setup(a_tsc_that_stands_still_ends_the_trial, fresh),
        cmocka_unit_test_setup(the_mode_is_fenced_before_a_deadline, fresh),
        cmocka_unit_test_setup(the_counter_runs_undivided, fresh),
        cmocka_unit_test_setup(cpuid_says_who_has_a_deadline, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
