/* What the keeper's files share. One writer each: see the comment at every member. */
#ifndef KEEPER_STATE_H
#define KEEPER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/lock.h"
#include "keeper.h"
#include "platform/reference.h"
#include "time/align.h"
#include "time/bracket.h"
#include "time/consensus.h"
#include "time/estimate.h"
#include "time/publish.h"
#include "time/timeline.h"
#include "time/timerq.h"
#include "time/wallclock.h"

#define PERIOD_NS 250000000ull /* the time base's: as in 2005 */

/*
 * A line that anyone may read at any moment, even in an NMI that interrupts its writer: two copies (latch.c).
 */
struct latch {
    uint32_t turn;
    struct line copy[2];
};

/* Written by its own CPU, and by the boot CPU before system time runs. */
struct cpu_clock {
    struct estimate estimate;
    struct outlook outlook;     /* under the keeper's lock: the publisher reads it */
    uint32_t epoch;             /* which disruption the estimate has seen; under the lock */
    struct timeline timeline;   /* per-CPU mode: this CPU's own */
    struct published published; /* and what it last said */
    struct latch latch;
    struct timerq timers;
    struct timer base;     /* the time base, every PERIOD_NS */
    uint64_t now_floor_ns; /* what keeper_now_ns last gave here */
    uint64_t missed;       /* periods without a reading of the reference */
    struct bracket early,
        met;              /* start-up: this CPU's TSC beside the boot CPU's R, at both ends of the window */
    bool measured;        /* start-up: its TSC has a rate; else the CPU is left out (T7) */
    struct offset offset; /* start-up: this TSC minus the boot CPU's, ticks */
};

enum clock_mode { CLOCK_PERCPU, CLOCK_UNIFIED };

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
    uint64_t period;   /* the last one published */
    uint32_t epoch;    /* counts disruptions */
    uint64_t last_tsc; /* the largest TSC that any CPU has left here: the causal watch */
    int64_t skew_ns;   /* TSCs differed by at most this when they were measured */
    enum alignment alignment;
    struct utc wall_base; /* UTC when system time was 0 */
    struct time_domain *domains;
    uint64_t lapic_hz;
    bool deadline;     /* TSC-deadline timers */
    uint64_t start_ns; /* S and R when system time began, for the rate over the run */
    int64_t start_ref_ns;
};

extern struct keeper keeper;

static inline struct cpu_clock *clock_of(unsigned cpu)
{
    return &keeper.clocks[cpu];
}

/* latch.c */
void latch_set(struct latch *latch, const struct line *line);
uint64_t latch_read(const struct latch *latch, uint64_t tsc);
/* The one that this CPU's time is read from. */
const struct latch *latch_in_force(void);

/* measure.c: one reading of the reference as a bracket of this CPU's TSC; false: none could be had. */
bool measure(const struct cpu_clock *clock, struct bracket *out);

/* exchange.c: the boot CPU's side of start-up. */
bool exchange_init(unsigned cpus);
/* Fills clock->met and clock->offset; a CPU that did not meet keeps met.tsc_hi 0. */
void exchange_star(const struct outlook *boot);
enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks);
void exchange_finish(void);
void exchange_serve(void); /* the others' side; returns at exchange_finish */

/* alarm.c */
void alarm_init_cpu(void);
void alarm_reprogram(void);

/* tick.c */
void tick_init_cpu(void);

/* publisher.c; all with the lock held */
/*
 * What all measured CPUs know of R when the TSC is `tsc`; no agreement until each has looked since a
 * disruption.
 */
struct consensus publish_gather(uint64_t tsc);
void publish_unified(void);
void publish_own(struct cpu_clock *clock, unsigned cpu,
                 uint64_t joint); /* joint: a value of that CPU's TSC */
void publish_leave_unified(void);
/* What VCPUs on `cpu` were last told. */
const struct published *published_for(unsigned cpu);

/* quirks.c: how far this machine's TSC may jump between two looks; says why where it is not 0. */
uint32_t quirk_slip_ns(uint64_t hz);

/* report.c */
void report_cpus(void);
void report_clock(const char *why);
void report_disruption(unsigned cpu, const struct bracket *bracket, const struct outlook *expected);

#endif
