/* Bringing the VCPUs up, together into the measurement, and down. */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include <stdint.h>
#include <xen/xen.h>

/* Returns how many VCPUs this domain has, but no more than `most` (0: MAX_VCPUS). */
uint32_t smp_count(uint32_t most);

/*
 * Starts VCPUs 1..count-1 and waits until they are ready, for 5 s at most. Prints which ones are not. Call it
 * on VCPU 0, like those below.
 */
void smp_start(uint32_t count, const struct start_info *start);

/* Lets the other VCPUs begin, all at once. */
void smp_go(uint32_t count);

/* Waits until the other VCPUs are done, for 2 s at most. Call it after witness_stop(). */
void smp_join(uint32_t count);

#endif
