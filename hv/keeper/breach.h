/*
 * What bounds assume, and the breaches: bounds that were exceeded, as it turned out later. docs/promises.md,
 * "What a bound is worth".
 */
#ifndef KEEPER_BREACH_H
#define KEEPER_BREACH_H

#include <stdint.h>

#include "meridian/abi.h"
#include "time/estimate.h"

/* All with the keeper's lock. */
struct assumptions {
    struct meridian_assumed page; /* as every domain has it; its version is even between two changes */
    uint64_t told_ns;             /* S when the last breach was told */
    uint32_t epoch; /* counts breaches in unified mode: outlooks from before them may be wrong */
};

struct cpu_clock;

/* Returns the greatest D and J that other CPUs' crystals need, without the lock; none in per-CPU mode. */
struct crystal assumed_by_others(unsigned cpu);

/*
 * This CPU's look contradicted what was assumed, and more explains it. What was told is worked out anew, and
 * if it was wrong that is counted and told. Returns true then: records must count it at once. Takes the
 * lock, for short.
 */
bool breach_confess(struct cpu_clock *clock);

/* With the lock, before records are filled: brings the page of assumptions up to date, in every domain. */
void assumed_refresh(void);

#endif
