/* What interrupts a running guest: exceptions to its trap table, upcalls to its event callback. */
#ifndef DOMAIN_INJECT_H
#define DOMAIN_INJECT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* The handler of exceptions and SYSCALLs from CPL 3, for traps_set_guest. */
struct trap_frame;
void inject_from_trap(struct trap_frame *frame);

/* On the way back to the guest: makes its upcall if one is due. False: it could not take it, the domain has
 * ended. */
bool inject_event(struct vcpu *vcpu);

#endif
