/* Segment descriptors of a guest's own (SDM vol. 3, 3.4.5): which it may have, which it may run on. Pure. */
#ifndef DOMAIN_DESCRIPTOR_H
#define DOMAIN_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_GDT_PAGES   14u
#define GUEST_GDT_ENTRIES (GUEST_GDT_PAGES * 512u)

/* What a VCPU has of them. */
struct guest_gdt {
    uint64_t frames[GUEST_GDT_PAGES]; /* the guest's, physical; 0: none */
    uint64_t copies[GUEST_GDT_PAGES]; /* ours, kept for the next table once taken; 0: not yet */
};

/*
 * As Xen's rules, but that no call gate is let in. *given becomes what the guest is shown: code and data are
 * its own affair, at privilege 3. *loaded becomes what the CPU gets: the same, but marked accessed already,
 * so that loading it writes nothing; and code of 32 or 16 bits reaches to 4 GiB: after an interrupt behind
 * the last instruction below a limit, IRETQ would fault in the hypervisor. False: a descriptor that no
 * guest may have.
 */
bool descriptor_check(uint64_t *given, uint64_t *loaded);

/* Whether IRETQ to privilege 3 takes it in cs, or in ss (SDM vol. 2, IRET). Of what was let in above. */
bool descriptor_is_code(uint64_t loaded);
bool descriptor_is_code64(uint64_t loaded);
bool descriptor_is_stack(uint64_t loaded);

/* Of code or data; 0 of anything else. */
uint64_t descriptor_base(uint64_t loaded);

#endif
