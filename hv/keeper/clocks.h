/*
 * The keeper's state: one struct for all CPUs, and one for each. Their parts are grouped by what writes them:
 *
 *     struct keeper                          struct cpu_clock, one for each CPU
 *     -------------------------------------  ---------------------------------------------------------
 *     the first block  keeper_start, before  measured, start  the boot CPU, before the others go on
 *                      the others go on      look, alarm      this CPU alone, without a lock
 *     common           unified mode: any     known, own       this CPU; all at a change of mode: with the
 *                      CPU, with the lock                     lock
 *     assumptions,     any CPU, with the     watched          any CPU, with the lock
 *     anchors, broken  lock                  shown            this CPU, and one that met it: with the lock
 *     watch
 *
 * What is read without its lock says so where it stands.
 */
#ifndef KEEPER_CLOCKS_H
#define KEEPER_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/lock.h"
#include "keeper.h"
#include "keeper/alarm.h"
#include "keeper/breach.h"
#include "keeper/disruption.h"
#include "keeper/publisher.h"
#include "keeper/snapshot.h"
#include "keeper/start.h"
#include "keeper/tie.h"
#include "keeper/time_base.h"
#include "keeper/timers.h"
#include "keeper/watch.h"
#include "keeper/witness.h"
#include "platform/reference/reference.h"

struct cpu_clock {
    bool measured; /* its TSC has a rate; else the CPU is left out for good (T7) */
    struct cpu_start start;
    struct cpu_look look;
    struct cpu_alarm alarm;
    struct cpu_known known;
    struct told own; /* per-CPU mode: what VCPUs on this CPU are told */
    struct cpu_watched watched;
    struct shown shown;
};

struct keeper {
    struct lock lock;

    /* Set up by keeper_start before the other CPUs go on, and only read from then on. */
    struct tsc_scale nominal; /* the boot CPU's */
    unsigned cpus;
    struct cpu_clock *clocks; /* one for each CPU */
    enum clockmode wanted;
    bool discipline; /* S is steered after R */
    enum alignment alignment;
    uint64_t lapic_hz;       /* of the local APIC's timers, as counters */
    uint64_t start_ns;       /* S, and R, when system time began: for the rate over the run */
    int64_t resolution_most; /* the coarsest that unified mode may begin with, ticks */
    void (*look_now)(void);  /* a look out of its time, for the alarm: time_base.c is above it */

    /* Under the lock from here on. */
    struct tie tie; /* read without the lock too: tie_read */
    struct witnesses witnesses;
    struct timer_faults faults[SOURCES];
    uint32_t mode;          /* enum clock_mode; read without the lock too */
    uint32_t epoch;         /* counts disruptions; read without the lock too */
    uint64_t period;        /* the last one published */
    struct crystal crystal; /* what is assumed of every TSC at first; slip_ns all the time */
    struct assumptions assumptions;
    int64_t skew_ns;    /* TSCs differed by at most this when they were measured */
    int64_t resolution; /* T2's, ticks: no meeting would have shown less, when unified mode was chosen */
    struct told common; /* unified mode: what all VCPUs are told */
    struct unfinished unfinished;
    struct anchors anchors;
    struct broken broken;
    struct watch watch;
    struct utc wall_base; /* UTC when system time was 0 */
    struct time_domain *domains;
};

extern struct keeper keeper;

static inline struct cpu_clock *clock_of(unsigned cpu)
{
    return &keeper.clocks[cpu];
}

/* With the lock or without it. */
static inline enum clock_mode clock_mode_now(void)
{
    return (enum clock_mode)__atomic_load_n(&keeper.mode, __ATOMIC_ACQUIRE);
}

/* With the lock: returns true if what this CPU knows of R counts. */
static inline bool clock_counts(const struct cpu_clock *clock)
{
    return clock->measured && clock->watched.silent < STOPPED_PERIODS;
}

/* Returns true if another CPU wants this one to look at once. */
static inline bool clock_is_nudged(const struct cpu_clock *clock)
{
    return __atomic_load_n(&clock->alarm.nudged, __ATOMIC_RELAXED);
}

#endif
