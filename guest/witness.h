/*
 * The witness: every VCPU reads its raw records all the time, and compares each read with its own last one
 * and with the last of every other VCPU. It takes no lock: a lock orders the reads by itself, and so hides
 * small steps.
 */
#ifndef GUEST_WITNESS_H
#define GUEST_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/clock.h"

struct witness {
    uint64_t reads;         /* raw reads checked */
    uint64_t back_self;     /* reads below this VCPU's own last one, and points below its last point */
    uint64_t back_global;   /* the same, below what another VCPU had shown (per-CPU mode: less both bounds) */
    uint64_t worst_ns;      /* the worst step back counted */
    uint64_t behind_ns;     /* the furthest behind another VCPU, counted as a step or not */
    uint64_t tsc_behind_ns; /* the same of its TSC, which no record can hide */
    uint64_t last_ns, last_point_ns;
    struct meridian_counts counts;
};

/* Says how many VCPUs take part. Call it before any of them runs. */
void witness_init(uint32_t vcpus);

/* Reads until witness_stop(), on the calling VCPU. Calls `each`, if it is not NULL, with every sample. */
void witness_run(struct witness *self, void (*each)(const struct meridian_sample *sample));
/* Makes every VCPU leave witness_run(). */
void witness_stop(void);

/*
 * Returns the figures of all VCPUs: counts are sums, the others the largest. They are exact only
 * when all VCPUs have stopped.
 */
struct witness witness_total(void);

#endif
