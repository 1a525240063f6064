/*
 * One u64 a machine frame, over all of slot 256. Where a frame is not the guest's, the entry is all ones
 * (INVALID_M2P_ENTRY). All those pages are one page, all tables full of them one table a level: so the table
 * is as small as the guest, on any machine.
 */
#include "domain/build/m2p.h"

#include <stddef.h>

#include "cpu/paging.h"
#include "domain/guest_abi.h"
#include "log/string.h"

#define ENTRIES     512u
#define TABLE_FLAGS (PTE_P | PTE_U | PTE_A)
#define PAGE_FLAGS  (TABLE_FLAGS | PTE_NX)
#define LEVELS      3 /* below the root */

/* empty[0] is the page of ones; empty[n] a table of level n whose every entry leads there. */
struct shared_tables {
    uint64_t empty[LEVELS + 1];
};

static bool shared_build(struct shared_tables *shared)
{
    for (unsigned level = 0; level <= LEVELS; level++) {
        uint64_t *page = memory_try_take(1);

        if (!page)
            return false;
        for (unsigned i = 0; i < ENTRIES; i++)
            page[i] =
                level == 0 ? UINT64_MAX : shared->empty[level - 1] | (level == 1 ? PAGE_FLAGS : TABLE_FLAGS);
        shared->empty[level] = virt_to_phys(page);
    }
    return true;
}

/* What `entry` points to, made this guest's own by a copy if it is still shared. NULL: no memory. */
static uint64_t *own(uint64_t *entry, uint64_t shared_page)
{
    uint64_t *page;

    if ((*entry & PTE_ADDRESS) != shared_page)
        return phys_to_virt(*entry & PTE_ADDRESS);
    page = memory_try_take(1);
    if (!page)
        return NULL;
    memcpy(page, phys_to_virt(shared_page), GUEST_PAGE);
    *entry = virt_to_phys(page) | (*entry & ~PTE_ADDRESS);
    return page;
}

/* The page of the table that holds frame `mfn`; `top` is its level-3 table, already its own. */
static uint64_t *page_for(uint64_t *top, uint64_t mfn, const struct shared_tables *shared)
{
    uint64_t va = M2P_BASE + mfn * sizeof(uint64_t);
    uint64_t *table = top;

    for (unsigned level = LEVELS; table && level > 0; level--)
        table = own(&table[va >> (12 + 9 * (level - 1)) & (ENTRIES - 1)], shared->empty[level - 1]);
    return table;
}

bool m2p_build(uint64_t *root, uint64_t base, uint64_t pages)
{
    struct shared_tables shared;
    uint64_t *page = NULL, first = base / GUEST_PAGE;

    if (!shared_build(&shared))
        return false;
    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t at = (first + pfn) % ENTRIES;

        if (pfn == 0 || at == 0)
            page = page_for(phys_to_virt(shared.empty[LEVELS]), first + pfn, &shared);
        if (!page)
            return false;
        page[at] = pfn;
    }
    root[HV_SLOT_FIRST] = shared.empty[LEVELS] | TABLE_FLAGS;
    return true;
}
