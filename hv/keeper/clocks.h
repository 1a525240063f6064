/* The keeper's state: one struct for all CPUs, and one for each. */
#ifndef KEEPER_CLOCKS_H
#define KEEPER_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/lock.h"
#include "keeper.h"
#include "keeper/latch.h"
#include "keeper/snapshot.h"
#include "keeper/watch.h"
#include "platform/reference/reference.h"
#include "time/align.h"
#include "time/estimate.h"
#include "time/publish.h"
#include "time/timeline.h"
#include "time/timerq.h"
#include "time/wallclock.h"

/* Written by its own CPU, and by the boot CPU before system time runs. */
struct cpu_clock {
    struct estimate estimate;
    struct outlook outlook;     /* under the keeper's lock: the publisher reads it */
    uint32_t epoch;             /* which disruption the estimate has seen; under the lock */
    uint32_t anchor_generation; /* the last one in which it gave its anchor; under the lock */
    struct timeline timeline;   /* per-CPU mode: this CPU's own */
    struct published published; /* and what it last said */
    struct latch latch;
    struct timerq timers;
    uint64_t forward_ns;     /* what is left of FORWARD_NS */
    bool fresh;              /* the time base had a good look just now */
    bool deadline;           /* alarms are deadlines on this CPU's TSC; else its APIC's counter */
    struct timer base;       /* the time base, every PERIOD_NS */
    uint64_t now_floor_ns;   /* what keeper_now_ns last gave here */
    uint64_t missed;         /* periods without a reading of the reference */
    uint32_t silent;         /* rounds without it, at most STOPPED_PERIODS; all write it, under the lock */
    uint32_t sweep;          /* the last round in which it came; under the lock */
    uint64_t due_tsc;        /* the alarm that is set cannot honestly come before this */
    uint64_t looked_tsc;     /* when it last looked at the reference, and ... */
    int64_t looked_ns;       /* ... R then */
    struct line looked_line; /* what was read here until the next publish */
    unsigned suspect; /* alarms in a row that came before their time: the TSC was set back, or stands still */
    volatile bool nudged;    /* look at once; written by others, under the lock, and cleared here */
    uint64_t meeting_period; /* the last in which it met another CPU */
    uint64_t adjust;         /* IA32_TSC_ADJUST as last read; 0 where there is none */
    struct bracket early,
        late;             /* start-up: this CPU's TSC beside the boot CPU's R, at both ends of the window */
    bool measured;        /* start-up: its TSC has a rate; else the CPU is left out (T7) */
    uint64_t star_ticks;  /* start-up: how long its meetings with the boot CPU took */
    struct offset offset; /* start-up: this TSC minus the boot CPU's, ticks */
    struct shown shown;
};

/* Written under `lock`, but for what keeper_start fills in before the others run. */
struct keeper {
    struct lock lock;
    const struct reference *reference;
    struct counter counter;
    uint64_t origin;          /* the reference's count at R = 0 */
    struct crystal crystal;   /* what is assumed of the TSCs */
    struct tsc_scale nominal; /* the boot CPU's */
    unsigned cpus;
    struct cpu_clock *clocks; /* one for each CPU */
    volatile uint32_t mode;   /* enum clock_mode */
    struct timeline timeline; /* unified mode: the line common to all */
    struct published published;
    struct latch latch;
    uint64_t period;             /* the last one published */
    uint32_t sweeps;             /* of watching: one ends when a CPU comes to its time base twice in it */
    uint32_t epoch;              /* counts disruptions */
    uint32_t anchor_generation;  /* per-CPU mode: counts how often the CPUs' anchors had to be made one */
    uint32_t settled_generation; /* the last in which all had said what they need */
    int64_t anchor_ns;  /* of this round: the most by which S is ahead of R on any CPU that has said so */
    uint64_t broken_ns; /* S when the last disruption was seen, on broken_cpu; 0: its end has been told */
    unsigned broken_cpu;
    void (*look_now)(void); /* the time base out of turn: something is odd about this TSC. Set by tick.c */
    uint32_t left_sweep;    /* when unified mode was left last, and ... */
    unsigned leaves;        /* ... how often, at most LEAVES_MOST */
    struct pairs pairs;     /* who has met whom, at run time */
    enum clockmode wanted;
    bool discipline;
    uint64_t last_tsc; /* the largest TSC that any CPU has left here: the causal watch */
    int64_t skew_ns;   /* TSCs differed by at most this when they were measured */
    enum alignment alignment;
    struct utc wall_base; /* UTC when system time was 0 */
    struct time_domain *domains;
    uint64_t lapic_hz;
    uint64_t start_ns; /* S, and R, when system time began: for the rate over the run */
};

extern struct keeper keeper;

static inline struct cpu_clock *clock_of(unsigned cpu)
{
    return &keeper.clocks[cpu];
}

/* Whether what this CPU knows of R counts; under the lock. */
static inline bool clock_counts(const struct cpu_clock *clock)
{
    return clock->measured && clock->silent < STOPPED_PERIODS;
}

#endif
