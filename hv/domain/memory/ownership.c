#include "domain/memory/ownership.h"

#include <xen/errno.h>

#include "cpu/paging.h"
#include "domain/guest_abi.h"

#define PTE_GLOBAL (1ull << 8)
/* Bits that only software reads (SDM vol. 3, table 4-20). */
#define PTE_SOFTWARE (7ull << 9 | 0x7ffull << 52)
#define PTE_ALLOWED  (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | PTE_GLOBAL | PTE_SOFTWARE | PTE_NX)

/*
 * These are Xen's rules for a PV guest's L1 entries, with two more:
 *   - memory types other than write-back are refused, for the hypervisor maps all frames write-back itself;
 *   - an entry that is not present may hold no address: a CPU with the L1TF fault would read what lies there.
 */
int pte_policy(uint64_t wanted, enum frame_kind kind, uint64_t *out)
{
    if (!(wanted & PTE_P)) {
        *out = wanted;
        return wanted & PTE_ADDRESS ? -XEN_EINVAL : 0;
    }
    if (wanted & ~(PTE_ALLOWED | PTE_ADDRESS))
        return -XEN_EINVAL;
    if (kind == FRAME_FOREIGN)
        return (wanted & PTE_ADDRESS) == PTE_ADDRESS ? -XEN_EINVAL : -XEN_EBUSY;
    if ((wanted & PTE_W) && (kind == FRAME_TABLE || kind == FRAME_DESCRIPTORS || kind == FRAME_TIME))
        return -XEN_EBUSY;
    /* The guest's kernel runs at CPL 3, so each page is a user page. None is global: CR3 must flush it. */
    *out = (wanted & ~PTE_GLOBAL) | PTE_U;
    return 0;
}

#define PTE_WRITABLE (PTE_P | PTE_W)

static bool page_maps_writable(const uint64_t *table, uint64_t phys)
{
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        uint64_t entry = __atomic_load_n(&table[i], __ATOMIC_RELAXED);

        if ((entry & PTE_WRITABLE) == PTE_WRITABLE && (entry & PTE_ADDRESS) == (phys & PTE_ADDRESS))
            return true;
    }
    return false;
}

/* A table below one that is not writable maps nothing writable (SDM vol. 3, 4.6). */
static bool table_maps_writable(const struct guest_space *space, uint64_t table, unsigned level,
                                uint64_t phys)
{
    const uint64_t *entries = space->at(table & PTE_ADDRESS);

    if (level == 1)
        return page_maps_writable(entries, phys);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        bool hypervisors = level == 4 && i >= HV_ENTRY_FIRST && i <= HV_ENTRY_LAST;

        if (!hypervisors && (entries[i] & PTE_WRITABLE) == PTE_WRITABLE &&
            table_maps_writable(space, entries[i], level - 1, phys))
            return true;
    }
    return false;
}

bool tables_map_writable(const struct guest_space *space, uint64_t phys)
{
    return table_maps_writable(space, space->root, 4, phys);
}

static bool page_in_run(uint64_t page, uint64_t first, uint64_t count)
{
    return page >= first && page - first < count;
}

enum frame_kind frame_kind_of(const struct domain_frames *frames, uint64_t phys)
{
    uint64_t page = phys / GUEST_PAGE, pfn;

    if (page == frames->shared / GUEST_PAGE)
        return FRAME_SHARED;
    if (page_in_run(page, frames->time_pages / GUEST_PAGE, frames->time_page_count + 1))
        return FRAME_TIME;
    if (!page_in_run(page, frames->base / GUEST_PAGE, frames->pages))
        return FRAME_FOREIGN;
    pfn = page - frames->base / GUEST_PAGE;
    if (page_in_run(pfn, frames->table_pfn, frames->table_count) ||
        page_in_run(pfn, frames->p2m_table_pfn, frames->p2m_table_count))
        return FRAME_TABLE;
    return FRAME_OWN;
}
