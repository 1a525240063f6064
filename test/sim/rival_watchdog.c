/*
 * The watchdog that compares Linux's TSC with an HPET or a PM timer every half second: what is the same in
 * both versions.
 *
 * Kinder than the source: the TSC's kHz are measured by the truth; the timer is read without a fault of its
 * own; both clocks count as calibrated; no other clock source is under test.
 */
#include "rival_watchdog_model.h"

#include <math.h>

#define INTERVAL_NS    (SECOND_NS / 2)
#define JIFFY_NS       4000000u
#define MOST_SECONDS   600.0
#define ADJUSTED       1.11 /* maxadj is 11 % of mult */
#define LEAST_ADJUSTED 0.89

enum watchdog_alarm watchdog_alarm(const struct rival *r, uint64_t *at_ns)
{
    *at_ns = watchdog_of(r)->alarm == WATCHDOG_QUIET ? RIVAL_NEVER : watchdog_of(r)->at_ns;
    return watchdog_of(r)->alarm;
}

void watchdog_says(struct rival *r, enum watchdog_alarm what)
{
    watchdog_of(r)->alarm = what;
    watchdog_of(r)->at_ns = rival_now_ns(r);
}

/* Linux's drivers have HPETs of 32 bits. */
uint64_t watchdog_timer(const struct rival *r)
{
    return r->world->count(r->world->self) & watchdog_of(r)->mask;
}

uint64_t watchdog_forward(uint64_t from, uint64_t to, uint64_t mask)
{
    uint64_t delta = (to - from) & mask;

    return delta > (mask >> 1) + (mask >> 2) + (mask >> 3) ? 0 : delta;
}

double watchdog_timer_ns(const struct rival *r, uint64_t from, uint64_t to)
{
    return (double)watchdog_forward(from, to, watchdog_of(r)->mask) * (double)r->world->ref_num /
           (double)r->world->ref_den;
}

/* clocks_calc_mult_shift() for 600 s and clocks_calc_max_nsecs(), for a counter of 64 bits. */
static double idle_ns(double hz)
{
    double room = MOST_SECONDS * hz / 4294967296.0;
    int bits = 32, shift = 32;

    for (; room >= 1; room /= 2)
        bits--;
    while (shift > 0 && ldexp(1e9, shift) / hz >= ldexp(1, bits))
        shift--;
    return ldexp(1, 64 - shift) / ADJUSTED * LEAST_ADJUSTED / 2;
}

/* The timer wheel's: what is due already comes with the next jiffy. */
void watchdog_sleeps(struct rival *r, unsigned cpu, uint64_t more_ns)
{
    struct watchdog *s = watchdog_of(r);
    uint64_t now_ns = rival_now_ns(r), ns = JIFFY_NS;

    s->due_ns += INTERVAL_NS + more_ns;
    s->cpu = cpu;
    s->tries = 0;
    if (s->due_ns > now_ns + ns)
        ns = s->due_ns - now_ns;
    rival_after(r, cpu, ns + rival_delay(r, RIVAL_DELAY_TIMER, cpu), WATCHDOG_WAKE);
}

void watchdog_start(struct rival *r)
{
    struct watchdog *s = watchdog_of(r);

    s->mask = r->world->ref_bits < 32 ? (1ull << r->world->ref_bits) - 1 : UINT32_MAX;
    s->tsc_last = rival_tsc(r, 0);
    s->timer_idle_ns =
        (double)s->mask * (double)r->world->ref_num / (double)r->world->ref_den * LEAST_ADJUSTED / 2;
    rival_after(r, 0, SECOND_NS, WATCHDOG_MEASURED);
}

/* tsc_refine_calibration_work(), over a second. */
static void measured(struct rival *r)
{
    struct watchdog *s = watchdog_of(r);
    double ns = (double)(rival_now_ns(r) - r->start_ns);
    double khz = fmax(floor((double)(rival_tsc(r, 0) - s->tsc_last) / ns * 1e6), 1);

    s->tsc_ns = 1e6 / khz;
    s->tsc_idle_ns = idle_ns(khz * 1000);
    s->due_ns = rival_now_ns(r);
    watchdog_sleeps(r, 0, 0);
}

static void read_on(struct rival *r, unsigned cpu, unsigned next)
{
    rival_after(r, cpu, rival_delay(r, RIVAL_DELAY_READ, cpu), next);
}

void watchdog_reads(struct rival *r, unsigned cpu)
{
    watchdog_of(r)->timer = watchdog_timer(r);
    read_on(r, cpu, WATCHDOG_READ_TSC);
}

bool watchdog_intervals(struct rival *r, double *timer, double *tsc)
{
    struct watchdog *s = watchdog_of(r);
    bool based = s->based;

    *timer = watchdog_timer_ns(r, s->timer_last, s->timer);
    *tsc = (double)watchdog_forward(s->tsc_last, s->tsc, UINT64_MAX) * s->tsc_ns;
    s->timer_last = s->timer;
    s->tsc_last = s->tsc;
    s->based = true;
    return based;
}

bool watchdog_event(struct rival *r, unsigned cpu)
{
    struct watchdog *s = watchdog_of(r);

    if (r->what[cpu] == WATCHDOG_MEASURED) {
        measured(r);
    } else if (r->what[cpu] == WATCHDOG_WAKE) {
        watchdog_reads(r, cpu);
    } else if (r->what[cpu] == WATCHDOG_READ_TSC) {
        s->tsc = rival_tsc(r, cpu);
        read_on(r, cpu, WATCHDOG_READ_TIMER);
    } else {
        s->timer_end = watchdog_timer(r);
        return true;
    }
    return false;
}
