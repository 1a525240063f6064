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
#include "time/window.h"

#define PERIOD_NS 250000000ull /* the time base's: as in 2005 */

/*
 * A CPU that was not seen in so many periods, while others saw each of them, has stopped (2 s). It runs no
 * reader, so what it last knew of R, which is worth less and less, need not be in anybody's bound (T3), and
 * nobody waits for its word. Should it come back, its overdue alarm takes it to its time base before its
 * VCPU.
 */
#define STOPPED_PERIODS 8u

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
    uint32_t round;             /* the last one in which it gave its anchor; under the lock */
    struct timeline timeline;   /* per-CPU mode: this CPU's own */
    struct published published; /* and what it last said */
    struct latch latch;
    struct timerq timers;
    bool deadline;         /* alarms are deadlines on this CPU's TSC; else its APIC's counter */
    struct timer base;     /* the time base, every PERIOD_NS */
    uint64_t now_floor_ns; /* what keeper_now_ns last gave here */
    uint64_t missed;       /* periods without a reading of the reference */
    uint32_t silent;       /* periods since its last, at most STOPPED_PERIODS; all write it, under the lock */
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
    uint64_t watched;  /* the last one in which somebody looked who is still there */
    uint32_t epoch;    /* counts disruptions */
    uint32_t round;    /* per-CPU mode: counts how often the CPUs' anchors had to be made one */
    int64_t anchor_ns; /* of this round: the most by which S is ahead of R on any CPU that has said so */
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
/* Whether CPUs run at the same moment: an emulator may run them in turns. */
bool exchange_at_once(void);
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
/* After a disruption: from now on the CPUs' anchors are asked for anew. */
void publish_new_round(void);
void publish_own(struct cpu_clock *clock, unsigned cpu,
                 uint64_t joint); /* joint: a value of that CPU's TSC */
void publish_leave_unified(void);
/* What VCPUs on `cpu` were last told. */
const struct published *published_for(unsigned cpu);

/* quirks.c: how far this machine's TSC may jump between two looks; says why where it is not 0. */
uint32_t quirk_slip_ns(void);

/* report.c */
void report_alarm(void); /* how the boot CPU is woken */
void report_cpus(void);
void report_clock(const char *why);
void report_window(const struct window *window); /* once its rate is known */
void report_stopped(unsigned cpu);
void report_back(unsigned cpu);
void report_disruption(unsigned cpu, const struct bracket *bracket, const struct outlook *expected);

#endif
