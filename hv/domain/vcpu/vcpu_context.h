/* The registers that a VCPU begins with. Pure. */
#ifndef DOMAIN_VCPU_CONTEXT_H
#define DOMAIN_VCPU_CONTEXT_H

#include <stdint.h>
#include <xen/xen.h>

#include "cpu/traps.h"

/*
 * Returns NULL if VCPUOP_initialise may take the context, or else which part of it is refused. `root` is the
 * physical address of the only page tables. Unlike on Xen, a context cannot ask for a local descriptor table,
 * a start in user mode, an FPU image or hardware breakpoints. guest_gdt.h checks its descriptors.
 */
const char *vcpu_context_refusal(const struct vcpu_guest_context *context, uint64_t root);

/* Makes the first frame from a context that was not refused. */
void vcpu_context_frame(const struct vcpu_guest_context *context, struct trap_frame *out);

#endif
