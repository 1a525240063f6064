/* A CPU's timers on its LAPIC timer. */
#include "keeper/state.h"

#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"

/* ns * lapic_hz stays inside 64 bits up to 36 GHz; a longer wait is re-armed */
#define MAX_SLEEP_NS 500000000ull
#define MIN_SLEEP_NS 1000ull
/* timers run in one interrupt: one that arms itself in the past cannot hold the CPU */
#define MAX_EXPIRED 64
#define TRIAL_NS    100000u /* the deadline that is tried for */

uint64_t keeper_now_ns(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t now = latch_read(latch_in_force(), rdtsc_ordered());

    /* At a joint, this CPU may still hold the old line: the new one may be slower by a ns or two. */
    if (now < clock->now_floor_ns)
        now = clock->now_floor_ns;
    clock->now_floor_ns = now;
    return now;
}

void alarm_reprogram(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t next = timerq_next_ns(&clock->timers), now = keeper_now_ns();
    uint64_t sleep = next > now ? next - now : 0;

    if (sleep > MAX_SLEEP_NS)
        sleep = MAX_SLEEP_NS;
    if (sleep < MIN_SLEEP_NS)
        sleep = MIN_SLEEP_NS;
    if (clock->deadline)
        apic_timer_set_deadline(rdtsc_ordered() + scale_ticks(clock->estimate.nominal, sleep));
    else
        apic_timer_set_count((uint32_t)(sleep * keeper.lapic_hz / 1000000000ull + 1));
}

/*
 * The hardware may come early (its rate is only nominal) or late: what is due is decided by system time
 * alone.
 */
static void alarm_interrupt(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    struct timer *timer;

    for (int i = 0; i < MAX_EXPIRED; i++) {
        uint64_t now = keeper_now_ns();

        timer = timerq_take_due(&clock->timers, now);
        if (!timer)
            break;
        timer->expired(timer, now);
    }
    alarm_reprogram();
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    timerq_arm(&clock->timers, timer, deadline_ns);
    if (clock->timers.first == timer)
        alarm_reprogram();
}

void keeper_timer_cancel(struct timer *timer)
{
    timerq_cancel(&clock_of(cpu_id())->timers, timer); /* an interrupt too early does no harm */
}

void alarm_init_cpu(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    traps_set_interrupt(VECTOR_TIMER, alarm_interrupt);
    /* Each CPU for itself: they need not be of one kind, nor their TSCs. */
    clock->deadline =
        apic_timer_has_deadline() && apic_timer_try_deadline(scale_ticks(clock->estimate.nominal, TRIAL_NS));
    if (!clock->deadline)
        apic_timer_setup(false);
}
