#include "domain/memory/tables_scan.h"

#include "cpu/paging.h"

#define ENTRIES  512u
#define WRITABLE (PTE_P | PTE_W)

static bool page_maps(const uint64_t *table, uint64_t phys)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint64_t entry = __atomic_load_n(&table[i], __ATOMIC_RELAXED);

        if ((entry & WRITABLE) == WRITABLE && (entry & PTE_ADDRESS) == (phys & PTE_ADDRESS))
            return true;
    }
    return false;
}

/* A table below one that is not writable maps nothing writable (SDM vol. 3, 4.6). */
static bool below(const struct guest_space *space, uint64_t table, unsigned level, uint64_t phys)
{
    const uint64_t *entries = space->at(table & PTE_ADDRESS);

    if (level == 1)
        return page_maps(entries, phys);
    for (unsigned i = 0; i < ENTRIES; i++) {
        bool hypervisors = level == 4 && i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST;

        if (!hypervisors && (entries[i] & WRITABLE) == WRITABLE && below(space, entries[i], level - 1, phys))
            return true;
    }
    return false;
}

bool tables_map_writable(const struct guest_space *space, uint64_t phys)
{
    return below(space, space->root, 4, phys);
}
