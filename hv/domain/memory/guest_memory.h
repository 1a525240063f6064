/*
 * A guest's memory as it sees it: its page tables walked in software, then read and written through the
 * direct map. So no fault is ever taken in the hypervisor on a guest's behalf. Pure: `at` turns physical into
 * a pointer.
 */
#ifndef DOMAIN_GUEST_MEMORY_H
#define DOMAIN_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guest_space {
    uint64_t root;              /* physical address of the root table */
    void *(*at)(uint64_t phys); /* a whole frame is reachable from what it returns */
};

/* The L1 entry that maps `va`, by its address; NULL: there is no L1 table, or `va` is the hypervisor's or no
 * address. */
volatile uint64_t *guest_entry(const struct guest_space *space, uint64_t va);

/* Where `va` leads: false if not mapped for the guest (at CPL 3), or not writable when `write`. */
bool guest_translate(const struct guest_space *space, uint64_t va, bool write, uint64_t *phys);

/* Copies, page by page. False: some page is not there (for that access); earlier pages may have been copied.
 */
bool guest_read(const struct guest_space *space, void *to, uint64_t va, size_t size);
bool guest_write(const struct guest_space *space, uint64_t va, const void *from, size_t size);

#endif
