/* machine_to_phys: the table at M2P_BASE in every guest, read-only there. */
#ifndef DOMAIN_M2P_H
#define DOMAIN_M2P_H

#include <stdbool.h>
#include <stdint.h>

/*
 * `pages` machine frames from `base` (physical) are pfns 0, 1, ... Puts the table's entry into `root`, a
 * guest's root table. False: no memory.
 */
bool m2p_build(uint64_t *root, uint64_t base, uint64_t pages);

#endif
