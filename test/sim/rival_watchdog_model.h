/* What both of Linux's watchdogs do: how they sleep, read, and take ticks for ns. */
#ifndef RIVAL_WATCHDOG_MODEL_H
#define RIVAL_WATCHDOG_MODEL_H

#include "rival_model.h"
#include "rival_watchdog.h"

enum { WATCHDOG_MEASURED, WATCHDOG_WAKE, WATCHDOG_READ_TSC, WATCHDOG_READ_TIMER, WATCHDOG_OWN };

struct watchdog {
    double tsc_ns, tsc_idle_ns, timer_idle_ns; /* a tick; max_idle_ns of both */
    uint64_t mask, due_ns, at_ns;
    enum watchdog_alarm alarm;
    unsigned cpu, met, tries, turn;
    bool based; /* there is a reading before: */
    uint64_t timer_last, tsc_last;
    uint64_t timer, tsc, timer_end; /* of the reading at hand */
    uint64_t stamp[2], began_ns;    /* of the meeting: the boot CPU's first */
};

static inline struct watchdog *watchdog_of(const struct rival *r)
{
    return r->state;
}

void watchdog_start(struct rival *r);
/* Takes the events that are no watchdog's own. A reading that ends there is the caller's: returns true. */
bool watchdog_event(struct rival *r, unsigned cpu);
void watchdog_says(struct rival *r, enum watchdog_alarm what);
/* Until the next half second, or so much more, on that CPU. */
void watchdog_sleeps(struct rival *r, unsigned cpu, uint64_t more_ns);
void watchdog_reads(struct rival *r, unsigned cpu);
uint64_t watchdog_timer(const struct rival *r);
double watchdog_timer_ns(const struct rival *r, uint64_t from, uint64_t to);
/* clocksource_delta(): what would be more than seven eighths of all counts is a step back, and none. */
uint64_t watchdog_forward(uint64_t from, uint64_t to, uint64_t mask);
/* What went by since the last reading, by each. Returns false for a first one. */
bool watchdog_intervals(struct rival *r, double *timer, double *tsc);

#endif
