/* A guest's own segment descriptors (SDM vol. 3, 3.4.5): which it may have, which it may run on. Pure. */
#ifndef DOMAIN_DESCRIPTOR_H
#define DOMAIN_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_GDT_PAGES    14u
#define GUEST_GDT_PER_PAGE 512u
#define GUEST_GDT_ENTRIES  (GUEST_GDT_PAGES * GUEST_GDT_PER_PAGE)

/* Returns how many pages hold that many descriptors. */
static inline unsigned guest_gdt_pages(uint64_t entries)
{
    return (unsigned)((entries + GUEST_GDT_PER_PAGE - 1) / GUEST_GDT_PER_PAGE);
}

/* The table of one VCPU. */
struct guest_gdt {
    uint64_t frames[GUEST_GDT_PAGES]; /* the guest's, physical; 0: none */
    uint64_t copies[GUEST_GDT_PAGES]; /* ours, physical, kept for the next table; 0: not taken yet */
};

/*
 * Returns false for a descriptor that no guest may have. The rules are Xen's, but call gates are refused too.
 * *given becomes what the guest is shown: code and data as it likes, at privilege 3. *loaded becomes what the
 * CPU gets, which differs in two things:
 *   - it is marked accessed, so that loading it writes nothing;
 *   - code of 32 or 16 bits reaches to 4 GiB. An interrupt may come right behind the last instruction below a
 *     smaller limit, and IRETQ would then fault in the hypervisor.
 */
bool descriptor_check(uint64_t *given, uint64_t *loaded);

/* Return true if IRETQ to privilege 3 takes it in cs, or in ss (SDM vol. 2, IRET). It must be a *loaded. */
bool descriptor_is_code(uint64_t loaded);
bool descriptor_is_code64(uint64_t loaded);
bool descriptor_is_stack(uint64_t loaded);

/* Returns the base of code or data, and 0 for anything else. */
uint64_t descriptor_base(uint64_t loaded);

#endif
