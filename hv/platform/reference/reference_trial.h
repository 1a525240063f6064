/* Trying the reference timers before one is relied on. For reference_find.c. */
#ifndef PLATFORM_REFERENCE_TRIAL_H
#define PLATFORM_REFERENCE_TRIAL_H

#include "platform/reference/counters.h"

/* False if the count does not move within a bounded number of readings. */
bool trial_counts(const struct counter_source *source);

/*
 * Runs all sources side by side for some 5 ms by at least two of them, with a bound in turns, and sets each
 * one's khz: the TSC's rate as seen by it, 0 where that cannot be judged.
 */
void trial_rates(struct counter_source *const *sources, unsigned count);

/* Needs khz. Finds out whether edges can be seen and are true ones, and how good a sample is. */
void trial_edges(struct counter_source *source);

#endif
