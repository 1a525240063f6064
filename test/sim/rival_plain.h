/*
 * A world without luck, for tests of one mechanism: TSCs of exact rates and offsets, a true reference,
 * delays as a test sets them.
 */
#ifndef RIVAL_PLAIN_H
#define RIVAL_PLAIN_H

#include "rival_model.h"

#define PLAIN_READS 8u

struct plain {
    struct rival_world world;
    uint64_t now_ns;
    uint64_t hz[RIVAL_CPUS], offset[RIVAL_CPUS];
    uint64_t delay_ns[RIVAL_DELAY_SOFTIRQ + 1];
    uint64_t read_ns[PLAIN_READS]; /* or the readings of the reference one by one, round and round */
    unsigned reads, reads_set;
};

/* All TSCs at `hz`, in step; an HPET at 100 MHz; nothing takes any time. */
void plain_init(struct plain *p, uint64_t hz);
void plain_run(struct plain *p, struct rival *r, uint64_t until_ns);

#endif
