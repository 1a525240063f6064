/* VCPUOP_register_*: places of a guest's choice for what a VCPU is told. 0 or a negative error of Xen's. */
#ifndef DOMAIN_VCPU_REGISTER_H
#define DOMAIN_VCPU_REGISTER_H

#include <stdint.h>

struct vcpu;

/* `vcpu` calls, for `target`, with a structure at `address`. */
int64_t vcpu_register_info(struct vcpu *vcpu, struct vcpu *target, uint64_t address);
int64_t vcpu_register_time_area(struct vcpu *vcpu, struct vcpu *target, uint64_t address);
int64_t vcpu_register_runstate_area(struct vcpu *vcpu, struct vcpu *target, uint64_t address);

#endif
