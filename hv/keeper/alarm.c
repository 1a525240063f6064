/* A CPU's timers on its LAPIC timer. */
#include "keeper/alarm.h"

#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"
#include "keeper/clocks.h"
#include "keeper/latch.h"
#include "keeper/time_base.h"
#include "log/log.h"

/* ns * lapic_hz stays inside 64 bits up to 36 GHz; a longer wait is re-armed */
#define MAX_SLEEP_NS 500000000ull
#define MIN_SLEEP_NS 1000ull
/* a TSC that stands still makes each alarm odd, and due at once: not one after another, without an end */
#define SUSPECT_MOST     1u
#define SUSPECT_SLEEP_NS (PERIOD_NS / 4)
#define SUSPECT_NS       100000u /* S below what it was here: a joint makes some ns of it, not this */
/* timers run in one interrupt: one that arms itself in the past cannot hold the CPU */
#define MAX_EXPIRED 64
#define TRIAL_NS    100000u /* the deadline that is tried for */

void alarm_reprogram(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t next = timerq_next_ns(&clock->alarm.timers), now = keeper_now_ns();
    uint64_t sleep = next > now ? next - now : 0, tsc;

    if (sleep > MAX_SLEEP_NS)
        sleep = MAX_SLEEP_NS;
    if (sleep < MIN_SLEEP_NS)
        sleep = MIN_SLEEP_NS;
    if (clock->alarm.suspect > SUSPECT_MOST && sleep < SUSPECT_SLEEP_NS)
        sleep = SUSPECT_SLEEP_NS;
    tsc = rdtsc_ordered();
    /* A deadline reckoned from what S says now might be far away. */
    if (tsc < clock->look.tsc && clock->alarm.suspect <= SUSPECT_MOST) {
        __atomic_store_n(&clock->alarm.nudged, true, __ATOMIC_RELAXED);
        sleep = MIN_SLEEP_NS;
    }
    clock->alarm.due_tsc = tsc + scale_ticks(clock->look.estimate.nominal, sleep / 2);
    if (clock->alarm.deadline)
        apic_timer_set_deadline(tsc + scale_ticks(clock->look.estimate.nominal, sleep));
    else
        apic_timer_set_count((uint32_t)(sleep * keeper.lapic_hz / 1000000000ull + 1));
}

/*
 * Deadlines and a TSC that somebody writes to do not go together: some CPUs' and Bochs's then come at once,
 * or late for good (apic_timer.c). The counter knows nothing of the TSC.
 */
void alarm_leave_deadline(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    if (!clock->alarm.deadline)
        return;
    clock->alarm.deadline = false;
    apic_timer_set_deadline(0);
    apic_timer_setup(false);
    log_print("apic: CPU%u's TSC was written to: its counter is used from now on\n", cpu_id());
    alarm_reprogram();
}

/* The last two last until a look at the reference was to be had. */
static bool is_suspect(const struct cpu_clock *clock, uint64_t tsc)
{
    return tsc < clock->alarm.due_tsc || tsc < clock->look.tsc ||
           latch_read(latch_in_force(), tsc) + SUSPECT_NS < clock->alarm.now_floor_ns;
}

/*
 * An alarm before half its time, by the TSC: the TSC was set back, or stands still, and by its own time
 * nothing would be due for long. An alarm that was under way while another was set looks so too; a look too
 * many does no harm.
 */
static void look_if_suspect(struct cpu_clock *clock)
{
    clock->alarm.suspect = is_suspect(clock, rdtsc_ordered()) ? clock->alarm.suspect + 1 : 0;
    if (clock->alarm.suspect || clock_is_nudged(clock))
        keeper.look_now();
    if (clock->alarm.suspect > SUSPECT_MOST)
        alarm_leave_deadline();
}

/* VECTOR_WAKE is sent for many reasons; an alarm that will never come is one. */
static void wake_interrupt(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    if (clock_is_nudged(clock)) { /* two periods without an alarm are as odd as one too early */
        clock->alarm.suspect++;
        keeper.look_now();
        alarm_reprogram();
    }
}

/*
 * The hardware may come early (its rate is only nominal) or late: what is due is decided by system time
 * alone.
 */
static void alarm_interrupt(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    struct timer *timer;

    look_if_suspect(clock);
    for (int i = 0; i < MAX_EXPIRED; i++) {
        uint64_t now = keeper_now_ns();

        timer = timerq_take_due(&clock->alarm.timers, now);
        if (!timer)
            break;
        timer->expired(timer, now);
    }
    alarm_reprogram();
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    timerq_arm(&clock->alarm.timers, timer, deadline_ns);
    if (clock->alarm.timers.first == timer)
        alarm_reprogram();
}

void keeper_timer_cancel(struct timer *timer)
{
    timerq_cancel(&clock_of(cpu_id())->alarm.timers, timer); /* an interrupt too early does no harm */
}

void alarm_init_cpu(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    traps_set_interrupt(VECTOR_TIMER, alarm_interrupt);
    traps_set_interrupt(VECTOR_WAKE, wake_interrupt);
    /* Each CPU for itself: they need not be of one kind, nor their TSCs. */
    clock->alarm.deadline = apic_timer_has_deadline() &&
                            apic_timer_try_deadline(scale_ticks(clock->look.estimate.nominal, TRIAL_NS));
    if (!clock->alarm.deadline)
        apic_timer_setup(false);
}
