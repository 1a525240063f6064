/*
 * Which pairs of CPUs have met in step, pass after pass: what unified mode is believed by while the machine
 * runs. Pure; the meetings are the keeper's.
 */
#ifndef TIME_PAIRS_H
#define TIME_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "time/align.h"

#define PAIRS_PASSES 4u /* each pair meets so often, with not one meeting out of step anywhere in between */

struct pair {
    uint32_t generation, meetings;
};

struct pairs {
    unsigned cpus;
    uint32_t generation; /* what was met in an earlier one is forgotten */
    struct pair *table;  /* cpus * cpus, zeroed; [smaller id * cpus + greater id] */
};

void pairs_start(struct pairs *pairs, unsigned cpus, struct pair *table);

/* TSCs may have changed: every pair begins again. */
void pairs_forget(struct pairs *pairs);

/*
 * What a meeting of CPUs a < b showed of b's TSC minus a's; unknown says nothing. False: they are not in step
 * (in one direction a value was received before it was sent), and every pair begins again.
 */
bool pairs_note(struct pairs *pairs, unsigned a, unsigned b, struct offset offset);

/* Whether a < b have met PAIRS_PASSES times since anything was out of step. */
bool pairs_in_step(const struct pairs *pairs, unsigned a, unsigned b);

#endif
