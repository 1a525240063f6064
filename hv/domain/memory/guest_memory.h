/*
 * A guest's memory as the guest sees it. Its page tables are walked in software, and its frames are read and
 * written through the direct map, so the hypervisor never takes a fault on a guest's behalf. Pure: `at` makes
 * a pointer of a physical address.
 */
#ifndef DOMAIN_GUEST_MEMORY_H
#define DOMAIN_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guest_space {
    uint64_t root;              /* physical address of the root table */
    void *(*at)(uint64_t phys); /* the whole frame can be reached by what it returns */
};

/*
 * Returns the address of the L1 entry that maps `va`. Returns NULL if there is no L1 table, or if `va` is the
 * hypervisor's or not canonical.
 */
volatile uint64_t *guest_entry(const struct guest_space *space, uint64_t va);

/*
 * Puts into *phys where `va` leads. Returns false if it is not mapped for the guest (at CPL 3), or if `write`
 * and it is not writable.
 */
bool guest_translate(const struct guest_space *space, uint64_t va, bool write, uint64_t *phys);

/*
 * Copy `size` bytes, page by page. Return false if some page is not mapped for that access; earlier pages may
 * have been copied.
 */
bool guest_read(const struct guest_space *space, void *to, uint64_t va, size_t size);
bool guest_write(const struct guest_space *space, uint64_t va, const void *from, size_t size);

#endif
