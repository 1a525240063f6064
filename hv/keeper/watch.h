/* What CPUs see of one another while the machine runs, and which mode follows from it. */
#ifndef KEEPER_WATCH_H
#define KEEPER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper/time_base.h"
#include "time/align.h"

enum clock_mode { CLOCK_PERCPU, CLOCK_UNIFIED };

/*
 * A CPU that was not seen in so many periods, while others saw each of them, has stopped (2 s). It runs no
 * reader. So the bound need not allow for what it last knew of R, which is worth less and less (T3), and no
 * CPU waits for its word. If it runs again, its overdue alarm takes it to its time base before its VCPU.
 */
#define STOPPED_PERIODS 8u
/* After so many it gets an interrupt: if its TSC was set back, its own alarm may be years away. */
#define NUDGE_PERIODS 2u

/* Of one CPU, with the keeper's lock. */
struct cpu_watched {
    uint32_t silent;         /* sweeps without it, at most STOPPED_PERIODS; read without the lock too */
    uint32_t sweep;          /* the last one in which it came */
    uint64_t meeting_period; /* its own, without the lock: the last one in which it met another CPU */
};

/* Of all. */
struct watch {
    uint32_t sweeps;     /* a sweep ends when some CPU comes to its time base twice in it */
    uint32_t left_sweep; /* when unified mode was left last, and ... */
    unsigned leaves;     /* ... how often, at most LEAVES_MOST */
    struct pairs pairs;  /* which pairs of CPUs have met, at run time */
    uint64_t last_tsc;   /* the largest TSC that any CPU has left here: the causal watch */
};

struct cpu_clock;

/* Before anything else in a period, without the lock: this CPU meets the partner that the period gives it. */
void watch_meet(struct cpu_clock *clock, uint64_t period);

/* All that follows is with the keeper's lock. */

/* Notes that this CPU runs. Returns true if it had been taken for stopped. */
bool watch_returned(struct cpu_clock *own);
/* At a CPU's own time base. Returns true if a sweep ends with it. */
bool watch_others(struct cpu_clock *own);
/* Unified mode: leaves it, and returns false, if this TSC is behind one that another CPU has left here. */
bool watch_causality(void);
/* Unified mode: leaves it if what all CPUs know of R cannot be true of one TSC. */
void watch_agreement(void);
/* Tells the end of a disruption, once every bound is known again. */
void watch_established(void);

/* mode.c */
void mode_leave_unified(const char *why);
/* Once a sweep: enters unified mode when all CPUs have shown for long enough that their TSCs are in step. */
void mode_try_unified(void);
unsigned mode_cpus_that_count(void);
/* Returns "unified" or "percpu", as it stands in the lines for programs. */
const char *mode_name(void);

#endif
