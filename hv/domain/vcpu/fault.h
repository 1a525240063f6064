/* The end of a guest that cannot go on: a report a person can use, and Meridian stays up. */
#ifndef DOMAIN_FAULT_H
#define DOMAIN_FAULT_H

struct vcpu;

/* On the VCPU's own CPU. `why` continues "the guest was stopped: ". Returns; the VCPU must not be run on. */
void fault_crash(struct vcpu *vcpu, const char *why);

#endif
