#include "domain/build/guest_tables.h"

#include <stddef.h>

#include "cpu/paging.h"
#include "log/panic.h"
#include "log/string.h"

/* The guest runs at CPL 3, so each of its pages is a user page. All its memory may be executed. */
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PAGE_FLAGS  (PTE_P | PTE_W | PTE_U | PTE_A)

/* Table frames are given out from `next` up to `end` (physical). */
struct tables {
    uint64_t root, next, end;
};

static uint64_t table_take(struct tables *tables)
{
    uint64_t phys = tables->next;

    if (phys >= tables->end) /* layout.c counts them, and test_layout.c checks that */
        panic("the guest's page tables were counted wrong");
    tables->next += GUEST_PAGE;
    return phys;
}

static void map_guest_page(struct tables *tables, uint64_t va, uint64_t phys, uint64_t flags)
{
    uint64_t table = tables->root;

    for (unsigned level = 4; level > 1; level--) {
        uint64_t *entry = (uint64_t *)phys_to_virt(table) + table_index(va, level);

        if (!(*entry & PTE_P))
            *entry = table_take(tables) | TABLE_FLAGS;
        table = *entry & PTE_ADDRESS;
    }
    ((uint64_t *)phys_to_virt(table))[table_index(va, 1)] = phys | flags;
}

static void map_region(struct tables *tables, const struct guest_layout *layout, uint64_t base)
{
    uint64_t tables_end = layout->page_tables + layout->table_count * GUEST_PAGE;

    for (uint64_t va = layout->v_start; va != layout->v_end; va += GUEST_PAGE) {
        bool is_table = va >= layout->page_tables && va < tables_end;

        map_guest_page(tables, va, base + (va - layout->v_start),
                       is_table ? PAGE_FLAGS & ~PTE_W : PAGE_FLAGS);
    }
}

/* The list's own tables lie behind the list. Those of the region are used up exactly. */
static void map_p2m(struct tables *tables, const struct guest_layout *layout, uint64_t base)
{
    tables->next = base + layout->p2m_table_pfn * GUEST_PAGE;
    tables->end = tables->next + layout->p2m_table_count * GUEST_PAGE;
    for (uint64_t i = 0; i < layout->p2m_pages; i++)
        map_guest_page(tables, layout->p2m + i * GUEST_PAGE, base + (layout->p2m_pfn + i) * GUEST_PAGE,
                       PAGE_FLAGS);
}

void guest_tables_build(const struct guest_layout *layout, uint64_t base)
{
    uint64_t first = base + (layout->page_tables - layout->v_start);
    struct tables tables = {first, first + GUEST_PAGE, first + layout->table_count * GUEST_PAGE};

    map_region(&tables, layout, base);
    if (layout->p2m_outside)
        map_p2m(&tables, layout, base);
}

/*
 * machine_to_phys has one u64 for each machine frame, and fills entry 256 of the root. Where a frame is not
 * the guest's, its u64 is all ones (INVALID_M2P_ENTRY). Pages full of ones are all one page, and tables that
 * lead only there are one table for each level. So the table is as small as the guest, on any machine.
 */
#define M2P_TABLE_FLAGS (PTE_P | PTE_U | PTE_A)
#define M2P_PAGE_FLAGS  (M2P_TABLE_FLAGS | PTE_NX)
#define LEVELS          3 /* of tables, below the root */

/* empty[0] is the page of ones; empty[n] is a table of level n in which every entry leads there. */
struct shared_tables {
    uint64_t empty[LEVELS + 1];
};

static bool shared_build(struct shared_tables *shared)
{
    for (unsigned level = 0; level <= LEVELS; level++) {
        uint64_t *page = memory_try_take(1);

        if (!page)
            return false;
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            page[i] = level == 0 ? UINT64_MAX
                                 : shared->empty[level - 1] | (level == 1 ? M2P_PAGE_FLAGS : M2P_TABLE_FLAGS);
        shared->empty[level] = virt_to_phys(page);
    }
    return true;
}

/* Returns what `entry` points to, as a copy for this guest if it is still shared; NULL without memory. */
static uint64_t *m2p_own(uint64_t *entry, uint64_t shared_page)
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

/* Returns the page that holds frame `mfn`. `top` is the level-3 table, which is this guest's already. */
static uint64_t *page_for(uint64_t *top, uint64_t mfn, const struct shared_tables *shared)
{
    uint64_t va = M2P_BASE + mfn * sizeof(uint64_t);
    uint64_t *table = top;

    for (unsigned level = LEVELS; table && level > 0; level--)
        table = m2p_own(&table[table_index(va, level)], shared->empty[level - 1]);
    return table;
}

bool m2p_build(uint64_t *root, uint64_t base, uint64_t pages)
{
    struct shared_tables shared;
    uint64_t *page = NULL, first = base / GUEST_PAGE;

    if (!shared_build(&shared))
        return false;
    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t at = (first + pfn) % TABLE_ENTRIES;

        if (pfn == 0 || at == 0)
            page = page_for(phys_to_virt(shared.empty[LEVELS]), first + pfn, &shared);
        if (!page)
            return false;
        page[at] = pfn;
    }
    root[HV_ENTRY_FIRST] = shared.empty[LEVELS] | M2P_TABLE_FLAGS;
    return true;
}
