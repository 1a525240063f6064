/* What a guest may ask for. One table in hypercalls.c lists it all; any other number returns -ENOSYS. */
#ifndef DOMAIN_HYPERCALLS_H
#define DOMAIN_HYPERCALLS_H

struct vcpu;

/* Makes the call that the VCPU's frame holds, and puts the result there. On the VCPU's own CPU. */
void hypercall_serve(struct vcpu *vcpu);

#endif
