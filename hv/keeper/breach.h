/*
 * What bounds assume, and the breaches: bounds that were exceeded, as it turned out later. docs/promises.md,
 * "What a bound is worth".
 */
#ifndef KEEPER_BREACH_H
#define KEEPER_BREACH_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/abi.h"
#include "time/estimate.h"

/* All with the keeper's lock. */
struct assumptions {
    struct meridian_assumed page; /* as every domain has it; its version is even between two changes */
    bool changed;                 /* what it says may have, since it was written */
    uint64_t slew_ns; /* a period's, of the fastest slew that R may have: 0 where nobody slews it */
    uint64_t told_ns; /* S when the last breach was told */
    uint32_t epoch;   /* counts breaches in unified mode: outlooks from before them may be wrong */
};

struct cpu_clock;

/* Returns the greatest D and J that other CPUs' crystals need, without the lock; none in per-CPU mode. */
struct crystal assumed_by_others(unsigned cpu);

/*
 * This CPU's look contradicted what was assumed, and more explains it. What was told is worked out anew, and
 * if it was wrong for certain that is counted and told. Takes the lock, for short.
 */
void breach_confess(struct cpu_clock *clock);

/*
 * Notes, with the lock, that the page of assumptions is to be gathered anew. Once a period; and at once where
 * a breach is told, a CPU learns D or J or comes back, or the mode changes.
 */
void assumed_changed(void);
/*
 * With the lock, before a publish marks its records: gathers the page from all CPUs and writes it in every
 * domain, if anything changed. In this order, for a record's flags count breaches: x86 makes stores visible
 * in their order, and loads come in theirs (SDM vol. 3, 8.2.2). So a reader that finds a count in a record
 * finds on the page what it counts. And records are marked for no longer.
 */
void assumed_refresh(void);

#endif
