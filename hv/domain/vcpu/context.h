/* What of a VCPU is in registers that a trap does not save. */
#ifndef DOMAIN_CONTEXT_H
#define DOMAIN_CONTEXT_H

#include <stdint.h>

struct vcpu;

/* Before the VCPU runs on this CPU for the first time: its page tables, segment bases, a clean FPU. */
void context_load(struct vcpu *vcpu);

/* HYPERVISOR_set_segment_base of the VCPU at hand. */
void context_set_fs_base(struct vcpu *vcpu);
void context_set_gs_base(struct vcpu *vcpu); /* that of the mode it is in */
/* The one in use now. */
uint64_t context_gs_base(void);

#endif
