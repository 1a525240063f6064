/* What all CPUs' outlooks say together, at one value of the TSC. With one outlook it is that one. */
#ifndef TIME_CONSENSUS_H
#define TIME_CONSENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "time/estimate.h"

struct consensus {
    unsigned count;
    bool agree;                         /* one R and one rate fit all: the TSCs can be the same */
    struct range value;                 /* R at `tsc`: what all allow */
    struct range rate;                  /* q32 on the common nominal scale */
    struct range value_hull, rate_hull; /* what any allows: a reader may be on any of the CPUs */
    uint32_t wander_ppb_s;              /* and how fast the rate may leave that */
};

void consensus_start(struct consensus *all);
/*
 * Every outlook must be on the same nominal scale. `slip_ns`: crystal.slip_ns, by which each may be off
 * already.
 */
void consensus_join(struct consensus *all, const struct outlook *outlook, uint64_t tsc, uint32_t slip_ns);

#endif
