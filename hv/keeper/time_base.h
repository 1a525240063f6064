/* The time base: what every CPU does every 250 ms. */
#ifndef KEEPER_TIME_BASE_H
#define KEEPER_TIME_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "time/bracket.h"

struct cpu_clock;

#define PERIOD_NS 250000000ull /* as in 2005 */

/* On each CPU, once system time runs: a first look at once, and then one every period. */
void time_base_init_cpu(void);

/*
 * Takes one reading of the reference, as a bracket of this CPU's TSC. Returns false if none could be had.
 * `lost`: what was known does not tell any more which wrap of a narrow counter this is; the bracket is of the
 * first one after the last look.
 */
bool measure(const struct cpu_clock *clock, struct bracket *out, bool *lost);

#endif
