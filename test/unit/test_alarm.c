/* sources: hv/keeper/alarm.c hv/keeper/latch.c hv/time/line.c hv/time/scale.c hv/time/timerq.c */
/* flags: -include test/unit/fake_timer_cpu.h */
/* Alarms on CPUs that are not of one kind: each by its own timer and at its own TSC's rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/traps.h"
#include "keeper/state.h"

#define MHZ 1000000ull
#define MS  1000000ull

struct keeper keeper;

static struct cpu_clock clocks[2];
static struct {
    unsigned cpu;
    uint64_t tsc, deadline;
    uint32_t count;
    bool has, keeps, tried, counter_mode;
    uint64_t trial_ticks;
    unsigned expired;
    void (*interrupt)(void);
} hw;

struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)leaf, (void)subleaf;
    return (struct cpuid_result){0};
}

uint64_t rdtsc_ordered(void)
{
    return hw.tsc;
}

void wrmsr(uint32_t msr, uint64_t value)
{
    (void)msr, (void)value;
}

void cpu_fence_all(void)
{
}

unsigned cpu_id(void)
{
    return hw.cpu;
}

bool apic_timer_has_deadline(void)
{
    return hw.has;
}

bool apic_timer_try_deadline(uint64_t ticks)
{
    hw.tried = true;
    hw.trial_ticks = ticks;
    return hw.keeps;
}

void apic_timer_setup(bool deadline)
{
    hw.counter_mode = !deadline;
}

void apic_timer_set_deadline(uint64_t tsc)
{
    hw.deadline = tsc;
}

void apic_timer_set_count(uint32_t count)
{
    hw.count = count;
}

void traps_set_interrupt(unsigned vector, void (*handler)(void))
{
    assert_int_equal(vector, VECTOR_TIMER);
    hw.interrupt = handler;
}

/* CPU 0's TSC runs at 1 GHz, CPU 1's at 2.5; system time is 0 at their TSC 1000. */
static int fresh(void **state)
{
    const uint64_t hz[] = {1000 * MHZ, 2500 * MHZ};

    (void)state;
    memset(&hw, 0, sizeof hw);
    memset(clocks, 0, sizeof clocks);
    keeper = (struct keeper){.mode = CLOCK_PERCPU, .cpus = 2, .clocks = clocks, .lapic_hz = 100 * MHZ};
    for (unsigned i = 0; i < 2; i++) {
        struct tsc_scale scale;

        assert_true(scale_from_hz(hz[i], &scale));
        clocks[i].estimate.nominal = scale;
        latch_set(&clocks[i].latch, &(struct line){.tsc = 1000, .scale = scale});
    }
    assert_true(scale_from_hz(hz[0], &keeper.nominal));
    hw.tsc = 1000;
    hw.has = hw.keeps = true;
    return 0;
}

static void start_on(unsigned cpu)
{
    hw.cpu = cpu;
    alarm_init_cpu();
}

static void count_expired(struct timer *timer, uint64_t now_ns)
{
    (void)timer, (void)now_ns;
    hw.expired++;
}

static void a_deadline_is_in_its_own_cpus_ticks(void **state)
{
    struct timer timers[2] = {{.expired = count_expired}, {.expired = count_expired}};

    (void)state;
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        start_on(cpu);
        keeper_timer_arm(&timers[cpu], 10 * MS);
        assert_in_range(hw.deadline - 1000, (cpu ? 25 : 10) * MS, (cpu ? 25 : 10) * MS + 2);
    }
}

static void the_trial_is_in_its_own_cpus_ticks(void **state)
{
    (void)state;
    start_on(1);
    assert_true(hw.tried);
    assert_in_range(hw.trial_ticks, 250000, 250002);
}

static void a_cpu_without_deadlines_counts(void **state)
{
    struct timer timer = {.expired = count_expired};

    (void)state;
    hw.has = false;
    start_on(1);
    assert_false(hw.tried);
    assert_true(hw.counter_mode);
    keeper_timer_arm(&timer, 10 * MS);
    assert_in_range(hw.count, 1000000, 1000001);
    assert_int_equal(hw.deadline, 0);
}

static void a_cpu_that_does_not_keep_them_counts(void **state)
{
    struct timer timer = {.expired = count_expired};

    (void)state;
    hw.keeps = false;
    start_on(0);
    assert_true(hw.counter_mode);
    keeper_timer_arm(&timer, 10 * MS);
    assert_in_range(hw.count, 1000000, 1000001);
    assert_int_equal(hw.deadline, 0);
}

static void one_kind_of_cpu_beside_the_other(void **state)
{
    struct timer timers[2] = {{.expired = count_expired}, {.expired = count_expired}};

    (void)state;
    start_on(0);
    hw.has = false;
    start_on(1);
    keeper_timer_arm(&timers[1], MS);
    assert_in_range(hw.count, 100000, 100001);
    hw.cpu = 0;
    keeper_timer_arm(&timers[0], MS);
    assert_in_range(hw.deadline - 1000, MS, MS + 1);
}

/* A deadline of 0 would disarm the timer, and one in the past is left to no hardware's judgement. */
static void a_time_in_the_past_is_a_deadline_soon(void **state)
{
    struct timer timer = {.expired = count_expired};

    (void)state;
    start_on(0);
    hw.tsc += 5 * MS;
    keeper_timer_arm(&timer, MS);
    assert_in_range(hw.deadline - hw.tsc, 1000, 1001);
}

static void a_far_time_is_approached_in_steps(void **state)
{
    struct timer timer = {.expired = count_expired};

    (void)state;
    start_on(0);
    keeper_timer_arm(&timer, 1200 * MS);
    for (unsigned steps = 0; hw.expired == 0; steps++) {
        assert_in_range(hw.deadline - hw.tsc, 1, 500 * MS + 1);
        assert_in_range(steps, 0, 3);
        hw.tsc = hw.deadline;
        hw.interrupt();
    }
    assert_in_range(hw.tsc - 1000, 1200 * MS, 1200 * MS + 3000);
}

static void an_early_interrupt_is_armed_again(void **state)
{
    struct timer timer = {.expired = count_expired};

    (void)state;
    start_on(0);
    keeper_timer_arm(&timer, 10 * MS);
    hw.tsc += MS;
    hw.deadline = 0;
    hw.interrupt();
    assert_int_equal(hw.expired, 0);
    assert_in_range(hw.deadline - 1000, 10 * MS, 10 * MS + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_deadline_is_in_its_own_cpus_ticks, fresh),
        cmocka_unit_test_setup(the_trial_is_in_its_own_cpus_ticks, fresh),
        cmocka_unit_test_setup(a_cpu_without_deadlines_counts, fresh),
        cmocka_unit_test_setup(a_cpu_that_does_not_keep_them_counts, fresh),
        cmocka_unit_test_setup(one_kind_of_cpu_beside_the_other, fresh),
        cmocka_unit_test_setup(a_time_in_the_past_is_a_deadline_soon, fresh),
        cmocka_unit_test_setup(a_far_time_is_approached_in_steps, fresh),
        cmocka_unit_test_setup(an_early_interrupt_is_armed_again, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
