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

/*
 * The guest's two modes, kernel and user, both at CPL 3: what Xen's x86-64 ABI makes of them. They differ
 * in the GS base, in where a trap's frame goes, and in what SYSCALL means. Both have the one root table
 * there is.
 */

/* On the VCPU's own CPU: to the other mode, with that mode's GS base. */
void user_mode_toggle(struct vcpu *vcpu);

/* Of either mode, whichever runs. */
void user_mode_set_kernel_gs(struct vcpu *vcpu, uint64_t base);
void user_mode_set_user_gs(struct vcpu *vcpu, uint64_t base);

#endif
