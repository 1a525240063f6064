/* A CPU's timers, by the one alarm that its local APIC's timer can be set for. */
#include "keeper/alarm.h"

#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"
#include "keeper/clocks.h"
#include "keeper/latch.h"
#include "keeper/time_base.h"
#include "log/log.h"

/* ns * lapic_hz stays inside 64 bits up to 36 GHz; a longer wait is armed again */
#define MAX_SLEEP_NS 500000000ull
#define MIN_SLEEP_NS 1000ull
/*
 * With a TSC that stands still every alarm is suspect, and due at once. After so many in a row they come
 * slower.
 */
#define SUSPECT_MOST     1u
#define SUSPECT_SLEEP_NS (PERIOD_NS / 4)
#define SUSPECT_NS       100000u /* S is below what it was here: no joint makes so much */
/* in one interrupt: a timer that arms itself in the past cannot hold the CPU */
#define MAX_EXPIRED 64
#define TRIAL_NS    100000u /* the deadline that is tried */

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
    /* What S says now may lie far off, and so would a deadline made from it. */
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
 * When software writes to a TSC, deadlines on it go wrong: on some CPUs and on Bochs they come at once, or
 * too late from then on (apic_timer.c). The APIC's counter knows nothing of the TSC.
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

/*
 * Returns true if the alarm came too early, or the TSC or S is below what it was. The last two conditions
 * hold until this CPU has read the reference again.
 */
static bool is_suspect(const struct cpu_clock *clock, uint64_t tsc)
{
    return tsc < clock->alarm.due_tsc || tsc < clock->look.tsc ||
           latch_read(latch_in_force(), tsc) + SUSPECT_NS < clock->alarm.now_floor_ns;
}

/*
 * An alarm came before half its time by the TSC: the TSC was set back, or stands still, and by its time
 * nothing would be due for long. So the CPU looks at the reference. An alarm that was on its way while
 * another was set looks the same; one look too many does no harm.
 */
static void look_if_suspect(struct cpu_clock *clock)
{
    clock->alarm.suspect = is_suspect(clock, rdtsc_ordered()) ? clock->alarm.suspect + 1 : 0;
    if (clock->alarm.suspect || clock_is_nudged(clock))
        keeper.look_now();
    if (clock->alarm.suspect > SUSPECT_MOST)
        alarm_leave_deadline();
}

/* VECTOR_WAKE is sent for many reasons. An alarm that will never come is one of them. */
static void wake_interrupt(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    if (clock_is_nudged(clock)) { /* two periods without an alarm are as suspect as one too early */
        clock->alarm.suspect++;
        keeper.look_now();
        alarm_reprogram();
    }
}

/* A look is never early. Late it is when something held interrupts off, or the CPU stood still. */
static void note_late(struct cpu_clock *clock, uint64_t late_ns)
{
    if (late_ns > clock->alarm.late_ns)
        __atomic_store_n(&clock->alarm.late_ns, late_ns, __ATOMIC_RELAXED);
}

/* The hardware may come early (its rate is only nominal) or late. System time alone decides what is due. */
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
        if (timer == &clock->look.timer)
            note_late(clock, now - timer->deadline_ns);
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
    timerq_cancel(&clock_of(cpu_id())->alarm.timers,
                  timer); /* the alarm stays set: an interrupt too early does no harm */
}

void alarm_init_cpu(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    traps_set_interrupt(VECTOR_TIMER, alarm_interrupt);
    traps_set_interrupt(VECTOR_WAKE, wake_interrupt);
    /* Each CPU tries for itself: CPUs need not be of one kind, nor their TSCs. */
    clock->alarm.deadline = apic_timer_has_deadline() &&
                            apic_timer_try_deadline(scale_ticks(clock->look.estimate.nominal, TRIAL_NS));
    if (!clock->alarm.deadline)
        apic_timer_setup(false);
}
