/* The time base: what every CPU does every 250 ms. */
#ifndef KEEPER_TIME_BASE_H
#define KEEPER_TIME_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "time/blame.h"
#include "time/change.h"
#include "time/estimate.h"
#include "time/hindsight.h"
#include "time/learn.h"
#include "time/line.h"
#include "time/timerq.h"

#define PERIOD_NS 250000000ull /* as in 2005 */

/* What looks have cost on a CPU, ticks; written there, read by others at the end. */
struct look_cost {
    uint64_t looks;       /* all of them, without meetings, ... */
    uint64_t others;      /* ... and what the timers beside the reference took beside them, ... */
    uint64_t others_most; /* ... in one look at most */
};

/* What a CPU has from its looks at the reference: its own, without a lock. */
struct cpu_look {
    struct estimate estimate;    /* the brackets that it keeps, */
    struct learned learned;      /* and what they say of its crystal: some of it is read by all */
    struct told_history history; /* a copy of what was told, while it is worked through */
    struct change change;        /* whether its rate has changed for good */
    uint64_t tsc;                /* when it last looked, and ... */
    int64_t ns;                  /* ... R then */
    struct line line;            /* what was read here until the next publish */
    bool fresh;                  /* the time base had a good look just now, ... */
    bool breached;               /* ... and it showed that too little was assumed */
    uint64_t missed;             /* periods without a reading of the reference */
    uint64_t misreads;           /* readings that the next ones contradicted: left out */
    unsigned again;              /* in a look: how often it has read the reference again */
    uint32_t tie;                /* keeper.tie.changes when the reference was read last */
    enum blame blame;            /* what the other timers said at the last contradiction */
    uint64_t forward_ns;         /* what is left of FORWARD_NS (disruption.h) */
    uint64_t adjust;             /* IA32_TSC_ADJUST as last read; 0 where there is none */
    struct look_cost cost;
    struct timer rtc_timer; /* while this CPU hunts an edge of the RTC */
    struct timer timer;     /* the time base, every PERIOD_NS */
};

/* What all CPUs may know of it: with the keeper's lock. */
struct cpu_known {
    struct outlook outlook;
    uint32_t epoch;             /* the last disruption that `outlook` has seen */
    uint32_t breach_epoch;      /* and the last breach in unified mode */
    uint64_t width_ns;          /* of the bracket that it took last */
    uint32_t anchor_generation; /* the last one in which it gave its anchor */
};

struct cpu_clock;

/* On each CPU, once system time runs: a first look at once, and then one every period. */
void time_base_init_cpu(void);

/*
 * Takes one reading of the reference, as a bracket of this CPU's TSC. Returns false if none could be had.
 * `lost`: what was known does not tell any more which wrap of a narrow counter this is; the bracket is of the
 * first one after the last look.
 */
bool measure(struct cpu_clock *clock, struct bracket *out, bool *lost);

#endif
