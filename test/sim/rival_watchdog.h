/*
 * Linux's clocksource watchdog, which keeps no time but says whether the TSC may: a rival in what is seen of
 * faults. On any clocks, as rivals are (rival.h).
 */
#ifndef RIVAL_WATCHDOG_H
#define RIVAL_WATCHDOG_H

#include "rival.h"

/* Linux 6.8 to 7.0; and as rewritten in March 2026, for 7.1. */
extern const struct rival_kind rival_watchdog_old, rival_watchdog_new;

/* Why the TSC is given up; Linux's own words for the last two: "frequency skew", "inter CPU skew". */
enum watchdog_alarm {
    WATCHDOG_QUIET,
    WATCHDOG_READINGS, /* the old one: the TSC's readings take too long, and the timer's own do not */
    WATCHDOG_SKEW,     /* TSC and timer come apart */
    WATCHDOG_BEHIND    /* the new one: a TSC was seen behind another */
};

/* Returns what the watchdog has said, once and for all, and when; RIVAL_NEVER while it is quiet. */
enum watchdog_alarm watchdog_alarm(const struct rival *r, uint64_t *at_ns);

#endif
