/*
 * Linux's watchdog as rewritten in March 2026, for 7.1 (kernel/time/clocksource.c: watchdog_check_freq,
 * watchdog_check_cpu_skew), on the boot CPU. A reading is timer, TSC, timer, in 50 us at most, else tried
 * again, three times in all. The TSC is given up if the two differ by a 2048th of the interval and the
 * reading's width. Then the boot CPU meets one other CPU, the next in turn: both read their TSCs five times,
 * by turns, and the TSC is given up if one of them is behind what the other just read. It waits for 50 us at
 * most.
 *
 * No memory node is far: who answers within 50 us here answers on a large machine within more.
 */
#include "rival_watchdog_model.h"

#include <math.h>

#define READING_NS 50000.0
#define TRIES      3u
#define WAIT_NS    50000u
#define SHIFT      11 /* SHIFT_500PPM */
#define LAST_TURN  8u /* the boot CPU's: it does not wait for what the other one makes of its own last */

enum { ARRIVE = WATCHDOG_OWN, TURN, GIVE_UP };

/* The boot CPU waits for the other one; who has not come to the last meeting yet is not asked. */
static void meet(struct rival *r)
{
    struct watchdog *s = watchdog_of(r);

    s->met = (s->met + 1) % r->cpus;
    if (s->met == 0 || r->due_ns[s->met] != RIVAL_NEVER) {
        watchdog_sleeps(r, 0, 0);
        return;
    }
    s->turn = 0;
    s->began_ns = rival_now_ns(r);
    s->stamp[0] = rival_tsc(r, 0);
    rival_after(r, 0, WAIT_NS, GIVE_UP);
    rival_after(r, s->met, rival_delay(r, RIVAL_DELAY_IPI, s->met), ARRIVE);
}

static bool waited_too_long(const struct rival *r)
{
    return rival_now_ns(r) - watchdog_of(r)->began_ns >= WAIT_NS;
}

/* Turn 2, 4, 6, 8 is the boot CPU's, and those between are the other one's. */
static void hand_over(struct rival *r)
{
    struct watchdog *s = watchdog_of(r);
    unsigned to = s->turn % 2 ? s->met : 0;

    if (s->turn > LAST_TURN || waited_too_long(r)) {
        watchdog_sleeps(r, 0, 0);
        return;
    }
    if (to != 0)
        rival_after(r, 0, s->began_ns + WAIT_NS - rival_now_ns(r), GIVE_UP);
    rival_after(r, to, rival_delay(r, RIVAL_DELAY_RELEASE, to), TURN);
}

/* Nobody waits for who comes too late. */
static void arrive(struct rival *r, unsigned cpu)
{
    struct watchdog *s = watchdog_of(r);

    if (s->turn != 0 || cpu != s->met || waited_too_long(r))
        return;
    s->stamp[1] = rival_tsc(r, cpu);
    s->turn = 2;
    hand_over(r);
}

static void take_turn(struct rival *r, unsigned cpu)
{
    struct watchdog *s = watchdog_of(r);
    unsigned own = cpu != 0;
    uint64_t now = rival_tsc(r, cpu);

    if (waited_too_long(r)) {
        if (cpu == 0)
            watchdog_sleeps(r, 0, 0);
        return;
    }
    if (cpu != 0 && cpu != s->met)
        return;
    s->stamp[own] = now;
    if (now != s->stamp[!own] && watchdog_forward(s->stamp[!own], now, UINT64_MAX) == 0) {
        rival_postpone(r, 0, RIVAL_NEVER); /* it waits no more */
        watchdog_says(r, WATCHDOG_BEHIND);
        return;
    }
    s->turn++;
    hand_over(r);
}

static void reading_ends(struct rival *r)
{
    struct watchdog *s = watchdog_of(r);
    double width = watchdog_timer_ns(r, s->timer, s->timer_end), timer, tsc, most;

    if (width > READING_NS) {
        if (++s->tries < TRIES) {
            watchdog_reads(r, 0);
            return;
        }
        s->based = false;
        watchdog_sleeps(r, 0, 0);
        return;
    }
    if (!watchdog_intervals(r, &timer, &tsc)) {
        watchdog_sleeps(r, 0, 0);
        return;
    }
    most = fmax(timer, tsc);
    if (most > s->tsc_idle_ns || most > s->timer_idle_ns)
        watchdog_sleeps(r, 0, 0);
    else if (fabs(timer - tsc) >= ldexp(most, -SHIFT) + width)
        watchdog_says(r, WATCHDOG_SKEW);
    else
        meet(r);
}

static void event(struct rival *r, unsigned cpu)
{
    if (r->what[cpu] == ARRIVE)
        arrive(r, cpu);
    else if (r->what[cpu] == TURN)
        take_turn(r, cpu);
    else if (r->what[cpu] == GIVE_UP)
        watchdog_sleeps(r, 0, 0);
    else if (watchdog_event(r, cpu))
        reading_ends(r);
}

const struct rival_kind rival_watchdog_new = {
    .name = "linux-7.1", .bytes = sizeof(struct watchdog), .start = watchdog_start, .event = event};
