/* VCPUOP_register_*: the guest chooses where a VCPU's records are written. */
#ifndef DOMAIN_VCPU_REGISTER_H
#define DOMAIN_VCPU_REGISTER_H

#include <stdint.h>

struct vcpu;

/*
 * `vcpu` makes the call, for `target`, with a structure at `address`. All return 0 or a negative error of
 * Xen's.
 */
int64_t vcpu_register_info(struct vcpu *vcpu, struct vcpu *target, uint64_t address);
int64_t vcpu_register_time_area(struct vcpu *vcpu, struct vcpu *target, uint64_t address);
int64_t vcpu_register_runstate_area(struct vcpu *vcpu, struct vcpu *target, uint64_t address);

#endif
