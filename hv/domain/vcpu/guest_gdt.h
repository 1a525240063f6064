/*
 * A VCPU's own segment descriptors, in the first 14 pages of its CPU's table (traps.h). The CPU never reads
 * the guest's frames: it has copies of them. So a write that slips past, by an old translation or another
 * VCPU's update_va_mapping, changes nothing that counts.
 */
#ifndef DOMAIN_GUEST_GDT_H
#define DOMAIN_GUEST_GDT_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/memory/ownership.h"

struct domain;
struct vcpu;

/* What a frame is to the domain: frame_kind_of, and of its own memory the frames that hold descriptors. */
enum frame_kind guest_frame_kind(const struct domain *domain, uint64_t phys);

/*
 * `target` is the VCPU at hand or one that never ran. mfns: one for every 512 of `entries`. 0, or -EINVAL:
 * too many, a frame that is not the guest's plain memory or that it maps writable, a descriptor it may not
 * have; -ENOMEM. What was there before stays on an error.
 */
int64_t guest_gdt_set(struct vcpu *target, const uint64_t *mfns, uint64_t entries);

/* On the VCPU's own CPU: the CPU sees the table as it is now. */
void guest_gdt_load(struct vcpu *vcpu);

/* Whether IRETQ may load it. The flat ones of Xen's ABI and what the VCPU's table has. */
bool guest_gdt_code_ok(const struct vcpu *vcpu, uint64_t selector, uint64_t rip);
bool guest_gdt_stack_ok(const struct vcpu *vcpu, uint64_t selector);

/* The base in the descriptor that it names; 0 where there is none. */
uint64_t guest_gdt_base(const struct vcpu *vcpu, uint64_t selector);

#endif
