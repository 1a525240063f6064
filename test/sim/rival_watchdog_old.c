/*
 * Linux's watchdog of 6.8 to 7.0 (kernel/time/clocksource.c: clocksource_watchdog, cs_watchdog_read), on one
 * CPU after another. It reads timer, TSC, timer, timer. The TSC is given up if the two differ by more than
 * 500 us since the last time: twice CLOCKSOURCE_WATCHDOG_MAX_SKEW_US, which is 125 unless configured, for
 * each of the two clocks. An interval above a second by either clock is not judged. A reading above 750 us is
 * tried again, and ends the TSC's use at last, unless two readings of the timer alone take above 500 us: then
 * it rests for five minutes.
 */
#include "rival_watchdog_model.h"

#include <math.h>

#define MARGIN_NS  500000.0 /* uncertainty_margin of both */
#define READING_NS 750000.0 /* twice the timer's, and the TSC's */
#define REST_NS    (300 * SECOND_NS)
#define LONGEST_NS 1e9

enum { READ_AGAIN = WATCHDOG_OWN };

static unsigned most_retries(unsigned cpus)
{
    unsigned log2 = 0;

    while (cpus >> (log2 + 1))
        log2++;
    return log2 / 2 + 1;
}

static void next(struct rival *r, uint64_t more_ns)
{
    watchdog_sleeps(r, (watchdog_of(r)->cpu + 1) % r->cpus, more_ns);
}

static void judge(struct rival *r)
{
    double timer, tsc;

    if (watchdog_intervals(r, &timer, &tsc) && fmax(timer, tsc) <= LONGEST_NS &&
        fabs(timer - tsc) > MARGIN_NS)
        watchdog_says(r, WATCHDOG_SKEW);
    else
        next(r, 0);
}

static void reading_ends(struct rival *r, unsigned cpu)
{
    struct watchdog *s = watchdog_of(r);

    if (watchdog_timer_ns(r, s->timer, s->timer_end) <= READING_NS) {
        judge(r);
    } else if (watchdog_timer_ns(r, s->timer_end, watchdog_timer(r)) > MARGIN_NS) {
        s->based = false;
        next(r, REST_NS);
    } else if (s->tries++ < most_retries(r->cpus)) {
        watchdog_reads(r, cpu);
    } else {
        watchdog_says(r, WATCHDOG_READINGS);
    }
}

static void event(struct rival *r, unsigned cpu)
{
    if (r->what[cpu] == READ_AGAIN)
        reading_ends(r, cpu);
    else if (watchdog_event(r, cpu))
        rival_after(r, cpu, rival_delay(r, RIVAL_DELAY_READ, cpu), READ_AGAIN);
}

const struct rival_kind rival_watchdog_old = {
    .name = "linux-6.8", .bytes = sizeof(struct watchdog), .start = watchdog_start, .event = event};
