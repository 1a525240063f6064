/* The page tables that a guest starts on, in its own memory, where it can read but never write them. Pure but
 * for the direct map. */
#ifndef DOMAIN_GUEST_TABLES_H
#define DOMAIN_GUEST_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/build/layout.h"

/* `base`: physical address of pfn 0; the tables' frames are clear. The hypervisor's slots of the root stay
 * empty. */
void guest_tables_build(const struct guest_layout *layout, uint64_t base);

/* machine_to_phys: the table at M2P_BASE in every guest, read-only there. */
/*
 * `pages` machine frames from `base` (physical) are pfns 0, 1, ... Puts the table's entry into `root`, a
 * guest's root table. False: no memory.
 */
bool m2p_build(uint64_t *root, uint64_t base, uint64_t pages);

#endif
