/* The registers that a VCPU begins with. Pure. */
#ifndef DOMAIN_VCPU_CONTEXT_H
#define DOMAIN_VCPU_CONTEXT_H

#include <stdint.h>
#include <xen/xen.h>

#include "cpu/traps.h"

/*
 * Whether VCPUOP_initialise may take it: NULL, or which part is wrong. `root`: physical address of the only
 * page tables there are. What a context may not ask for here, unlike on Xen: a local descriptor table, to
 * start in user mode, an FPU image, hardware breakpoints. Its own descriptors are looked at elsewhere
 * (guest_gdt.h).
 */
const char *vcpu_context_refusal(const struct vcpu_guest_context *context, uint64_t root);

/* Of a context that was not refused. */
void vcpu_context_frame(const struct vcpu_guest_context *context, struct trap_frame *out);

#endif
