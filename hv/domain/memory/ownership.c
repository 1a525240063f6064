#include "domain/memory/ownership.h"

#include "cpu/paging.h"
#include "domain/guest.h"

static bool in_pages(uint64_t page, uint64_t first, uint64_t count)
{
    return page >= first && page - first < count;
}

/* Of some VCPU, as the guest gave them: it must not get the frame writable. */
static bool holds_descriptors(const struct domain *domain, uint64_t phys)
{
    for (unsigned vcpu = 0; vcpu < domain->vcpu_count; vcpu++)
        for (unsigned i = 0; i < GUEST_GDT_PAGES && domain->vcpus[vcpu].gdt.frames[i]; i++)
            if (domain->vcpus[vcpu].gdt.frames[i] / GUEST_PAGE == phys / GUEST_PAGE)
                return true;
    return false;
}

enum frame_kind frame_kind_of(const struct domain *domain, uint64_t phys)
{
    const struct guest_layout *layout = &domain->layout;
    uint64_t pfn;

    if (phys / GUEST_PAGE == virt_to_phys(domain->shared) / GUEST_PAGE)
        return FRAME_SHARED;
    if (in_pages(phys / GUEST_PAGE, domain->time_pages / GUEST_PAGE, domain->time_page_count))
        return FRAME_TIME;
    if (!in_pages(phys / GUEST_PAGE, domain->base / GUEST_PAGE, domain->pages))
        return FRAME_FOREIGN;
    pfn = (phys - domain->base) / GUEST_PAGE;
    if (in_pages(pfn, (layout->page_tables - layout->v_start) / GUEST_PAGE, layout->table_count) ||
        in_pages(pfn, layout->p2m_table_pfn, layout->p2m_table_count))
        return FRAME_TABLE;
    return holds_descriptors(domain, phys) ? FRAME_DESCRIPTORS : FRAME_OWN;
}
