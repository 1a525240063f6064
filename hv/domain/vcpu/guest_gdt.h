/*
 * A VCPU's own segment descriptors, in the first 14 pages of its CPU's table (traps.h). The CPU never reads
 * the guest's frames, it has copies of them. So a late write to the frames, by an old translation or another
 * VCPU's update_va_mapping, changes nothing that counts.
 */
#ifndef DOMAIN_GUEST_GDT_H
#define DOMAIN_GUEST_GDT_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/memory/ownership.h"

struct domain;
struct vcpu;

/* Returns what a frame is to the domain: as frame_kind_of, and FRAME_DESCRIPTORS where a VCPU uses it so. */
enum frame_kind domain_frame_kind(const struct domain *domain, uint64_t phys);

/*
 * Gives `target` a new table; it is the VCPU at hand or one that never ran. mfns: one for every 512 of
 * `entries`. Returns 0, or an error that leaves the old table in place:
 *   -EINVAL: there are too many, a frame is not the guest's plain memory, the guest has the frame mapped
 *            writable, or it holds a descriptor that no guest may have;
 *   -ENOMEM: there is no memory for the copies.
 */
int64_t guest_gdt_set(struct vcpu *target, const uint64_t *mfns, uint64_t entries);

/* Shows the table to the CPU. On the VCPU's own CPU. */
void guest_gdt_load(struct vcpu *vcpu);

/* Return true if IRETQ may load it: one of the flat ones of Xen's ABI, or what the VCPU's table has. */
bool guest_gdt_code_ok(const struct vcpu *vcpu, uint64_t selector, uint64_t rip);
bool guest_gdt_stack_ok(const struct vcpu *vcpu, uint64_t selector);

/* Returns the base in the descriptor that `selector` names, or 0 if there is none. */
uint64_t guest_gdt_base(const struct vcpu *vcpu, uint64_t selector);

#endif
