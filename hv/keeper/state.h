/* What the keeper's files share. One writer each: see the comment at every member. */
#ifndef KEEPER_STATE_H
#define KEEPER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/lock.h"
#include "keeper.h"
#include "platform/reference/reference.h"
#include "time/align.h"
#include "time/bracket.h"
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
/* After so many it gets an interrupt: should its TSC have been set back, its own alarm may be years away. */
#define NUDGE_PERIODS 2u
/*
 * By how much S may go forward, at most, beyond what it last was here for certain, when R is ahead of it: no
 * CPU that runs is without an alarm for longer. Once, until a look agrees with the one before: a
 * reference that lies at each must not drive S on and on.
 */
#define FORWARD_NS (STOPPED_PERIODS * PERIOD_NS)

/*
 * A line that anyone may read at any moment, even in an NMI that interrupts its writer: two copies (latch.c).
 */
struct latch {
    uint32_t sequence;
    struct line copy[2];
};

/* What is shown of a CPU (snapshot.c); written by itself with the keeper's lock, but for ... */
struct shown {
    uint32_t sequence; /* as in struct latch */
    struct keeper_cpu copy[2];
    struct range beside; /* this TSC minus the boot CPU's is within it, at `beside_tsc` of its own ... */
    uint64_t beside_tsc; /* ... (0: nothing is known), ... */
    uint32_t epoch;      /* if no disruption was seen since */
    struct range heard;  /* ... what a meeting showed, with the lock by whom it met: the same, at ... */
    uint64_t heard_from, heard_to; /* ... some moment between these; 0 once it is taken in, ... */
    uint32_t heard_epoch;          /* ... if no disruption was seen since */
    uint32_t meetings, behind;
};

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

/* latch.c */
void latch_set(struct latch *latch, const struct line *line);
uint64_t latch_read(const struct latch *latch, uint64_t tsc);
/* The one that this CPU's time is read from. */
const struct latch *latch_in_force(void);

/*
 * measure.c: one reading of the reference as a bracket of this CPU's TSC; false: none could be had. `lost`:
 * what was known does not tell any more which turn of a narrow counter this is; the bracket is of the first
 * one after the last look.
 */
bool measure(const struct cpu_clock *clock, struct bracket *out, bool *lost);

/* exchange.c: the boot CPU's side of start-up. */
/* `idle`: what exchange_idle sends the others into. */
bool exchange_init(unsigned cpus, void (*idle)(void));
/* Fills clock->met and clock->offset; a CPU that did not meet keeps met.tsc_hi 0. */
void exchange_star(const struct outlook *boot);
enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks);
/* Whether CPUs run at the same moment: an emulator may run them in turns. */
bool exchange_at_once(void);
void exchange_idle(void); /* does not wait for them */
void exchange_finish(void);
/* T8: what it took, in the boot CPU's ticks. */
struct exchange_cost {
    uint64_t star, star_worst;  /* both ends of the window: for all CPUs, and for the one that took most */
    uint64_t pairs, pair_worst; /* all meetings of pairs, and the longest; or round, where all meet at once */
    unsigned meetings;
};
const struct exchange_cost *exchange_cost(void);
void exchange_serve(void); /* the others' side; returns at exchange_finish */

/* idle.c: before anything is measured; once all is; and the others' side. */
void idle_try(bool allowed);
void idle_report(void);
void idle_sleep(void);

/* alarm.c */
void alarm_init_cpu(void);
void alarm_reprogram(void);
void alarm_leave_deadline(void); /* for good, on this CPU */

/* tick.c */
void time_base_init_cpu(void);

/*
 * adjust.c: IA32_TSC_ADJUST of this CPU. Read and shown, never written. False: as it was, or there is none.
 */
bool adjust_read(struct cpu_clock *clock);
/* The same, kept by nobody. False: there is none. */
bool adjust_now(uint64_t *adjust);

/* mode.c; all with the lock held */
void mode_leave_unified(const char *why);
/* Once a period: per-CPU mode ends when all CPUs have shown for long enough that their TSCs are in step. */
void mode_try_unified(void);
unsigned mode_cpus_that_count(void);

/* watch.c: before anything else in a period, this CPU meets the one whose turn it is. */
void watch_meet(struct cpu_clock *clock, uint64_t period);

/*
 * snapshot.c; all with the lock held. At the end of each look, on its own CPU; and what a meeting of CPUs
 * a < b showed, on a, which began when its TSC was `since`.
 */
void snapshot_take(struct cpu_clock *clock);
void snapshot_met(unsigned a, unsigned b, struct offset offset, uint64_t since);

/* publisher.c; all with the lock held */
/*
 * What all measured CPUs know of R when the TSC is `tsc`; no agreement until each has looked since a
 * disruption.
 */
struct consensus publish_gather(uint64_t tsc);
void publish_unified(void);
/* The same, but the line begins as the highest of all CPUs' own. */
void publish_enter_unified(void);
/* After a disruption: from now on the CPUs' anchors are asked for anew. */
void publish_forget_anchors(void);
void publish_own(struct cpu_clock *clock, unsigned cpu,
                 uint64_t joint); /* joint: a value of that CPU's TSC */
void publish_leave_unified(void);
/* What VCPUs on `cpu` were last told. */
const struct published *published_for(unsigned cpu);

/* quirks.c: how far this machine's TSC may jump between two looks; says why where it is not 0. */
uint32_t slip_expected_ns(void);
/* After a disruption: what is to be allowed for from now on. */
uint32_t slip_shown_ns(int64_t off_ns);

/* report.c */
void report_alarm(void); /* how the boot CPU is woken */
void report_cpus(void);
/* `step_ns`: by how much S went forward at most, on some CPU, with this change of mode. */
void report_clock(const char *why, uint64_t step_ns);
void report_exchange(const struct exchange_cost *cost);
void report_window(const struct window *window); /* once its rate is known */
void report_stopped(unsigned cpu);
void report_returned(unsigned cpu);
/* `off_ns`: R beyond what was expected. `why`: what is known of it; NULL: only that they disagree. */
void report_disruption(unsigned cpu, int64_t off_ns, const char *why);
void report_established(uint64_t delay_ns);
void report_adjust(unsigned cpu, uint64_t before);

#endif
