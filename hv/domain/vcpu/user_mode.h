/*
 * The guest's two modes, kernel and user, both at CPL 3: what Xen's x86-64 ABI makes of them. They differ
 * in the GS base, in where a trap's frame goes, and in what SYSCALL means. Both have the one root table
 * there is.
 */
#ifndef DOMAIN_USER_MODE_H
#define DOMAIN_USER_MODE_H

#include <stdint.h>

struct vcpu;

/* On the VCPU's own CPU: to the other mode, with that mode's GS base. */
void user_mode_toggle(struct vcpu *vcpu);

/* Of either mode, whichever runs. */
void user_mode_set_kernel_gs(struct vcpu *vcpu, uint64_t base);
void user_mode_set_user_gs(struct vcpu *vcpu, uint64_t base);

#endif
