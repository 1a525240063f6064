#include "domain/build/guest_tables.h"

#include "cpu/paging.h"
#include "log/panic.h"

/* At CPL 3 every guest page is a user page, and its memory may be executed wherever it lies. */
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PAGE_FLAGS  (PTE_P | PTE_W | PTE_U | PTE_A)

/* Table frames are given out from `next` up to `end` (physical). */
struct tables {
    uint64_t root, next, end;
};

static uint64_t table_take(struct tables *tables)
{
    uint64_t phys = tables->next;

    if (phys >= tables->end)
        panic("the guest's page tables were counted wrong"); /* layout.c counts, and its test says it is right
                                                              */
    tables->next += GUEST_PAGE;
    return phys;
}

static void map(struct tables *tables, uint64_t va, uint64_t phys, uint64_t flags)
{
    uint64_t table = tables->root;

    for (unsigned level = 4; level > 1; level--) {
        uint64_t *entry = (uint64_t *)phys_to_virt(table) + (va >> (12 + 9 * (level - 1)) & 511);

        if (!(*entry & PTE_P))
            *entry = table_take(tables) | TABLE_FLAGS;
        table = *entry & PTE_ADDRESS;
    }
    ((uint64_t *)phys_to_virt(table))[va >> 12 & 511] = phys | flags;
}

static void map_region(struct tables *tables, const struct guest_layout *layout, uint64_t base)
{
    uint64_t tables_end = layout->page_tables + layout->table_count * GUEST_PAGE;

    for (uint64_t va = layout->v_start; va != layout->v_end; va += GUEST_PAGE) {
        bool is_table = va >= layout->page_tables && va < tables_end;

        map(tables, va, base + (va - layout->v_start), is_table ? PAGE_FLAGS & ~PTE_W : PAGE_FLAGS);
    }
}

/* The list's own tables come from behind it: those of the region are exactly used up. */
static void map_p2m(struct tables *tables, const struct guest_layout *layout, uint64_t base)
{
    tables->next = base + layout->p2m_table_pfn * GUEST_PAGE;
    tables->end = tables->next + layout->p2m_table_count * GUEST_PAGE;
    for (uint64_t i = 0; i < layout->p2m_pages; i++)
        map(tables, layout->p2m + i * GUEST_PAGE, base + (layout->p2m_pfn + i) * GUEST_PAGE, PAGE_FLAGS);
}

void guest_tables_build(const struct guest_layout *layout, uint64_t base)
{
    uint64_t first = base + (layout->page_tables - layout->v_start);
    struct tables tables = {first, first + GUEST_PAGE, first + layout->table_count * GUEST_PAGE};

    map_region(&tables, layout, base);
    if (layout->p2m_outside)
        map_p2m(&tables, layout, base);
}
