/*
 * The witness for wall time. One or two VCPUs set the hypervisor's wall clock all the time, each time to a
 * UTC that no other setting has. After each of its reads every VCPU compares what it found with what the
 * others have shown before. It may not find an older setting, nor a mix of two.
 */
#ifndef GUEST_WALL_WITNESS_H
#define GUEST_WALL_WITNESS_H

#include <stdint.h>

#include "meridian/clock.h"

#define WALL_SETTERS_MOST 2u

struct wall_witness {
    uint64_t reads, sets, refused;
    uint64_t back; /* reads of an older setting than one seen here, or shown by another VCPU before */
    uint64_t torn; /* reads of a setting that was never made */
};

/*
 * Starts it: VCPUs 0..setters-1 set the clock. With 0 of them there is no witness. Call it on VCPU 0, before
 * the others start.
 */
void wall_witness_init(uint32_t vcpus, uint32_t setters);
/* Reads and compares, and sets the clock when that is due. Call it on VCPU `me`, between two of its reads. */
void wall_witness_poll(uint32_t me);

/* Returns the sums over all VCPUs. */
struct wall_witness wall_witness_total(void);
/* Returns 1 if the clock is as one of its setters left it, else 0. Call it when all VCPUs have stopped. */
int wall_witness_last_stands(const struct meridian_sample *sample);

#endif
