/* What a guest may ask for. One table (hypercalls.c) lists all that is implemented; the rest is -ENOSYS. */
#ifndef DOMAIN_HYPERCALLS_H
#define DOMAIN_HYPERCALLS_H

struct vcpu;

/* The SYSCALL that the VCPU's frame holds. */
void hypercall_serve(struct vcpu *vcpu);

#endif
