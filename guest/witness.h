/*
 * The witness: every VCPU reads its raw records all the time, and compares each read with its own last one
 * and with the last of every other VCPU. Without a lock: a lock orders the reads by itself, and so hides
 * small steps.
 */
#ifndef GUEST_WITNESS_H
#define GUEST_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/clock.h"

struct witness {
    uint64_t reads;       /* raw reads checked */
    uint64_t back_self;   /* of them below this VCPU's own last one; and points below its last point */
    uint64_t back_global; /* below what another VCPU had shown (per-CPU mode: less both bounds); points too */
    uint64_t worst_ns;    /* the worst step back counted */
    uint64_t behind_ns;   /* the furthest behind another VCPU, counted as a step or not */
    uint64_t last_ns, last_point_ns;
    struct meridian_counts counts;
};

/* How many VCPUs take part; before any of them runs. */
void witness_init(uint32_t vcpus);

/*
 * On every VCPU: reads until witness_stop(). After each read calls `each`, if there is one, with the sample.
 */
void witness_run(struct witness *self, void (*each)(const struct meridian_sample *sample));
void witness_stop(void);

/* Over all VCPUs: counts are sums, worst_ns and behind_ns the largest. Exact only when all have stopped. */
struct witness witness_total(void);

#endif
