/* Bringing the VCPUs up, together into the measurement, and down. */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include <stdint.h>
#include <xen/xen.h>

/* How many VCPUs this domain has, at most `most` (0: MAX_VCPUS). */
uint32_t smp_count(uint32_t most);

/* On VCPU 0: starts VCPUs 1..count-1, waits some seconds at most until they are ready, says who is not. */
void smp_start(uint32_t count, const struct start_info *start);

/* On VCPU 0: lets the others begin, all at once. */
void smp_go(uint32_t count);

/* On VCPU 0, after witness_stop(): waits, a second or two at most, until the others are done. */
void smp_join(uint32_t count);

#endif
