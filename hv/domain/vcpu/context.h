/* The part of a VCPU that lies in registers which a trap does not save. */
#ifndef DOMAIN_CONTEXT_H
#define DOMAIN_CONTEXT_H

#include <stdint.h>

struct vcpu;

/* Loads page tables, segment bases and a clean FPU, before the VCPU runs on this CPU for the first time. */
void context_load(struct vcpu *vcpu);

/* For the VCPU at hand: load what its struct says. */
void context_set_fs_base(struct vcpu *vcpu);
void context_set_gs_base(struct vcpu *vcpu); /* of the mode that it is in */
/* Reads the GS base in use. */
uint64_t context_gs_base(void);

/*
 * In Xen's ABI for x86-64 a guest has two modes, kernel and user, and both run at CPL 3. They differ in the
 * GS base, in where a trap's frame goes, and in what SYSCALL means. Here both use the one root table.
 */

/* Changes to the other mode and loads its GS base. On the VCPU's own CPU. */
void user_mode_toggle(struct vcpu *vcpu);

/* Set the GS base of one mode, and load it if that mode runs now. */
void user_mode_set_kernel_gs(struct vcpu *vcpu, uint64_t base);
void user_mode_set_user_gs(struct vcpu *vcpu, uint64_t base);

#endif
