/*
 * The page tables that a guest starts on. They lie in its own memory, where it can read but never write them.
 * And machine_to_phys, the table at M2P_BASE in every guest, read-only there.
 */
#ifndef DOMAIN_GUEST_TABLES_H
#define DOMAIN_GUEST_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/build/layout.h"

/*
 * Fills the tables by the layout. `base` is the physical address of pfn 0; the tables' frames are clear. The
 * hypervisor's entries of the root stay empty.
 */
void guest_tables_build(const struct guest_layout *layout, uint64_t base);

/*
 * Builds machine_to_phys for `pages` machine frames from `base` (physical), which are pfns 0, 1, ... Puts its
 * entry into `root`, a guest's root table. Returns false if there is no memory for it.
 */
bool m2p_build(uint64_t *root, uint64_t base, uint64_t pages);

#endif
