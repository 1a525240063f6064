/* sources: hv/keeper/alarm.c hv/keeper/latch.c hv/time/line.c hv/time/timerq.c */
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
#include "keeper/clocks.h"
#include "keeper/alarm.h"

#define MHZ 1000000ull
#define MS  1000000ull

struct keeper keeper;

static unsigned looks;

static void look_now(void)
{
    looks++;
}

void log_print(const char *format, ...)
{
    (void)format;
}

static struct cpu_clock clocks[2];
static struct {
    unsigned cpu;
    uint64_t tsc, deadline;
    uint32_t count;
    bool has, keeps, tried, counter_mode;
    uint64_t trial_ticks;
    unsigned expired;
    void (*interrupt)(void), (*woken)(void);
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
    if (vector == VECTOR_WAKE)
        hw.woken = handler;
    else
        hw.interrupt = handler;
}

/* CPU 0's TSC runs at 1 GHz, CPU 1's at 2.5; system time is 0 at their TSC 1000. */
static int fresh(void **state)
{
    const uint64_t hz[] = {1000 * MHZ, 2500 * MHZ};

    (void)state;
    memset(&hw, 0, sizeof hw);
    memset(clocks, 0, sizeof clocks);
    keeper = (struct keeper){
        .mode = CLOCK_PERCPU, .cpus = 2, .clocks = clocks, .lapic_hz = 100 * MHZ, .look_now = look_now};
    for (unsigned i = 0; i < 2; i++) {
        struct tsc_scale scale;

        assert_true(scale_from_hz(hz[i], &scale));
        clocks[i].look.estimate.nominal = scale;
        latch_set(&clocks[i].own.latch, &(struct line){.tsc = 1000, .scale = scale});
    }
    assert_true(scale_from_hz(hz[0], &keeper.nominal));
    hw.tsc = 1000;
    hw.has = hw.keeps = true;
    looks = 0;
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

static void all_that_is_due_comes_with_one_alarm(void **state)
{
    struct timer timers[4] = {{.expired = count_expired},
                              {.expired = count_expired},
                              {.expired = count_expired},
                              {.expired = count_expired}};

    (void)state;
    start_on(0);
    for (unsigned i = 0; i < 4; i++)
        keeper_timer_arm(&timers[i], (i + 1) * MS);
    hw.tsc = 1000 + 3 * MS;
    hw.interrupt();
    assert_int_equal(hw.expired, 3);
    assert_true(timers[3].armed);
    assert_in_range(hw.deadline - 1000, 4 * MS, 4 * MS + 2);
}

static void what_is_cancelled_does_not_come(void **state)
{
    struct timer timer = {.expired = count_expired};

    (void)state;
    start_on(0);
    keeper_timer_arm(&timer, MS);
    keeper_timer_cancel(&timer);
    hw.tsc = 1000 + 2 * MS;
    hw.interrupt();
    assert_int_equal(hw.expired, 0);
    assert_false(timer.armed);
}

static void arm_in_the_past(struct timer *timer, uint64_t now_ns)
{
    assert_in_range(++hw.expired, 1, 1000);
    keeper_timer_arm(timer, now_ns - 1);
}

/* The CPU goes on between two alarms: the next one comes soon. */
static void a_timer_that_is_always_due_does_not_hold_the_cpu(void **state)
{
    struct timer timer = {.expired = arm_in_the_past};

    (void)state;
    start_on(0);
    keeper_timer_arm(&timer, MS);
    hw.tsc = 1000 + MS;
    hw.interrupt();
    assert_in_range(hw.expired, 1, 100);
    assert_in_range(hw.deadline - hw.tsc, 1000, 1001);
}

/* ---- A TSC that was written to, or stands still ---- */

static struct timer far_timer = {.expired = count_expired};

static void alarm_at(uint64_t tsc)
{
    hw.tsc = tsc;
    hw.interrupt();
}

static void start_and_arm(uint64_t ns)
{
    far_timer = (struct timer){.expired = count_expired};
    start_on(0);
    keeper_timer_arm(&far_timer, ns);
}

static void an_alarm_before_half_its_time_makes_it_look(void **state)
{
    (void)state;
    start_and_arm(10 * MS);
    alarm_at(1000 + 6 * MS); /* its rate is only nominal */
    assert_int_equal(looks, 0);
    alarm_at(1000 + 7 * MS); /* 1 of the 4 ms that were left */
    assert_int_equal(looks, 1);
}

static void a_tsc_below_the_last_look_makes_it_look(void **state)
{
    (void)state;
    start_and_arm(10 * MS);
    clocks[0].look.tsc = 2000 + 20 * MS;
    alarm_at(1000 + 11 * MS);
    assert_int_equal(looks, 1);
    clocks[0].look.tsc = 1000; /* a look was to be had */
    clocks[0].alarm.nudged = false;
    keeper_timer_arm(&far_timer, 30 * MS);
    alarm_at(1000 + 31 * MS);
    assert_int_equal(looks, 1);
}

/* The reference could not be read for long, and the TSC is still beyond the last look. */
static void a_line_below_what_was_read_makes_it_look(void **state)
{
    (void)state;
    start_and_arm(10 * MS);
    hw.tsc = 1000 + 9 * MS;
    assert_int_equal(keeper_now_ns(), 9 * MS);
    clocks[0].alarm.due_tsc = 0;
    alarm_at(1000 + 9 * MS - 90000); /* less than that may be a joint */
    assert_int_equal(looks, 0);
    clocks[0].alarm.due_tsc = 0;
    alarm_at(1000 + 9 * MS - 110000);
    assert_int_equal(looks, 1);
}

static void a_tsc_that_stands_still_is_no_storm(void **state)
{
    (void)state;
    hw.has = false;
    start_and_arm(MS);
    hw.interrupt();
    hw.interrupt();
    assert_int_equal(looks, 2);
    assert_in_range(hw.count, 6250000, 6250001); /* 62.5 ms by the APIC's counter, not the ms that is left */
    hw.tsc += 100 * MS;                          /* and when it goes on, all is as before */
    hw.interrupt();
    assert_int_equal(hw.expired, 1);
    keeper_timer_arm(&far_timer, 102 * MS);
    assert_in_range(hw.count, 200000, 200001);
}

static void a_deadline_that_comes_early_twice_is_left(void **state)
{
    (void)state;
    start_and_arm(10 * MS);
    hw.interrupt();
    assert_false(hw.counter_mode);
    hw.interrupt();
    assert_true(hw.counter_mode);
    assert_int_equal(hw.deadline, 0);
    assert_true(hw.count > 0);
}

/* Whoever leaves it, the alarm that was set goes on by the counter. */
static void the_counter_takes_over_at_once(void **state)
{
    (void)state;
    start_and_arm(10 * MS);
    alarm_leave_deadline();
    assert_true(hw.counter_mode);
    assert_int_equal(hw.deadline, 0);
    assert_in_range(hw.count, 1000000, 1000001);
}

static void who_is_nudged_looks_at_once(void **state)
{
    (void)state;
    start_and_arm(10 * MS);
    hw.woken(); /* for other reasons */
    assert_int_equal(looks, 0);
    clocks[0].alarm.nudged = true;
    hw.deadline = 0;
    hw.woken();
    assert_int_equal(looks, 1);
    assert_true(hw.deadline > 0);
}

/* The wake-up may have come while interrupts were off: the alarm makes up for it. */
static void who_was_nudged_looks_when_its_alarm_comes(void **state)
{
    (void)state;
    start_and_arm(10 * MS);
    clocks[0].alarm.nudged = true;
    alarm_at(1000 + 10 * MS);
    assert_int_equal(looks, 1);
    assert_int_equal(hw.expired, 1);
}

/* Whoever arms a timer notices it, however far away the deadline was. */
static void arming_on_a_tsc_that_was_set_back_brings_an_alarm_soon(void **state)
{
    struct timer soon = {.expired = count_expired};

    (void)state;
    hw.tsc = 1000 + 1000 * MS;
    start_and_arm(1400 * MS);
    clocks[0].look.tsc = hw.tsc;
    hw.tsc = 1000 + 10 * MS;
    keeper_timer_arm(&soon, 1300 * MS);
    assert_in_range(hw.deadline - hw.tsc, 1, 2000);
    alarm_at(hw.deadline);
    assert_int_equal(looks, 1);
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
        cmocka_unit_test_setup(all_that_is_due_comes_with_one_alarm, fresh),
        cmocka_unit_test_setup(what_is_cancelled_does_not_come, fresh),
        cmocka_unit_test_setup(a_timer_that_is_always_due_does_not_hold_the_cpu, fresh),
        cmocka_unit_test_setup(who_was_nudged_looks_when_its_alarm_comes, fresh),
        cmocka_unit_test_setup(an_alarm_before_half_its_time_makes_it_look, fresh),
        cmocka_unit_test_setup(a_tsc_below_the_last_look_makes_it_look, fresh),
        cmocka_unit_test_setup(a_line_below_what_was_read_makes_it_look, fresh),
        cmocka_unit_test_setup(a_tsc_that_stands_still_is_no_storm, fresh),
        cmocka_unit_test_setup(a_deadline_that_comes_early_twice_is_left, fresh),
        cmocka_unit_test_setup(the_counter_takes_over_at_once, fresh),
        cmocka_unit_test_setup(who_is_nudged_looks_at_once, fresh),
        cmocka_unit_test_setup(arming_on_a_tsc_that_was_set_back_brings_an_alarm_soon, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
