/* All of a guest's page tables, looked through. Pure. */
#ifndef DOMAIN_TABLES_SCAN_H
#define DOMAIN_TABLES_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/memory/guest_memory.h"

/*
 * Some L1 entry lets the guest write to the frame at `phys`. Its tables map the start-of-day region only, so
 * they are few. Other VCPUs may change entries meanwhile.
 */
bool tables_map_writable(const struct guest_space *space, uint64_t phys);

#endif
