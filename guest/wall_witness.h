/*
 * The witness for wall time: one or two VCPUs set the hypervisor's wall clock all the time, each time to a
 * UTC that nobody else sets; and after each of its reads every VCPU compares what it found with what the
 * others have shown before. Nobody may find an older one, nor one of which a part is another's.
 */
#ifndef GUEST_WALL_WITNESS_H
#define GUEST_WALL_WITNESS_H

#include <stdint.h>

#include "meridian/clock.h"

#define WALL_SETTERS_MOST 2u

struct wall_witness {
    uint64_t reads, sets, refused;
    uint64_t back; /* reads of an older setting than one seen here, or shown by another before */
    uint64_t torn; /* and of one that nobody made */
};

/* On VCPU 0, before the others start: VCPUs 0..setters-1 set it; 0: nothing of all this. */
void wall_witness_init(uint32_t vcpus, uint32_t setters);
/* On every VCPU, between two of its reads. */
void wall_witness_poll(uint32_t me);

/* Sums over all VCPUs. */
struct wall_witness wall_witness_total(void);
/* When all have stopped: whether the clock is as one of its setters left it. */
int wall_witness_last_stands(const struct meridian_sample *sample);

#endif
