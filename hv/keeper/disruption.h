/* When TSC and reference disagree. */
#ifndef KEEPER_DISRUPTION_H
#define KEEPER_DISRUPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper/watch.h"
#include "time/bracket.h"
#include "time/culprit.h"
#include "time/line.h"

/*
 * By how much S may go forward, at most, beyond what it last was here for certain, when R is ahead of it: no
 * CPU that runs is without an alarm for longer. It may do so once, until a look agrees with the one before
 * it: a reference that lies at every look must not drive S on and on.
 */
#define FORWARD_NS (STOPPED_PERIODS * PERIOD_NS)

/* The last disruption, and what caused those before it; with the keeper's lock. */
struct broken {
    uint64_t at_ns;        /* S when it was seen; 0: its end has been told */
    unsigned cpu;          /* the CPU that saw it */
    uint32_t left, stayed; /* CPUs that looked since, with a TSC that left the reference, or never did */
    enum blame blame;
    struct culprits before;
};

struct cpu_clock;

/*
 * With the keeper's lock, on the CPU of `clock`. `agrees`: the disagreement was seen on another CPU. `left`:
 * this CPU's TSC is not where it was expected either.
 */
void disrupted(struct cpu_clock *clock, bool agrees, bool left, const struct bracket *bracket);

/*
 * With the keeper's lock, on the CPU of `clock`, after disrupted(): its TSC and the reference go on at a
 * ratio beyond what was assumed of the first measurement. The new one is what is assumed from now on.
 */
void rate_changed(struct cpu_clock *clock, struct tsc_scale scale, const struct bracket *bracket);

/*
 * Reads IA32_TSC_ADJUST of this CPU, which is shown. Returns true if it has changed since
 * it was last read here; false also where there is none.
 */
bool adjust_read(struct cpu_clock *clock);
/* Reads it and keeps nothing. Returns false where there is none. */
bool adjust_now(uint64_t *adjust);

#endif
