/* The start-of-day region: kernel, p2m list, start_info, page tables, stack, spare memory; ends on 4 MiB. */
#include "domain/build/layout.h"

#include <stdint.h>
#include <xen/xen.h>

#include "log/string.h"

#define REGION_ALIGN (4ull << 20)
#define REGION_SPARE (512ull << 10)
#define REGION_MOST  (1ull << 40) /* keeps the sums below far from 2^64 */
#define TOO_LITTLE   "has too little memory for its kernel and start-of-day region: give it more (mem=MiB)"

_Static_assert(sizeof(struct start_info) <= GUEST_PAGE, "start_info takes one page");

static uint64_t layout_round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

uint64_t layout_tables(uint64_t start, uint64_t end, unsigned shift)
{
    return ((end - 1) >> shift) - (start >> shift) + 1;
}

/* Each level below the root takes as many tables as the range spans entries of the level above. */
static uint64_t tables_below_root(uint64_t start, uint64_t end)
{
    return layout_tables(start, end, 39) + layout_tables(start, end, 30) + layout_tables(start, end, 21);
}

/* The tables lie in the range that they map. The smallest number that is enough is found by trying. */
static void place_tables(struct guest_layout *out)
{
    for (out->table_count = 2;; out->table_count++) {
        out->stack = out->page_tables + out->table_count * GUEST_PAGE;
        out->stack_end = out->stack + GUEST_PAGE;
        out->v_end = layout_round_up(out->stack_end, REGION_ALIGN);
        if (out->v_end - out->stack_end < REGION_SPARE)
            out->v_end += REGION_ALIGN;
        if (1 + tables_below_root(out->v_start, out->v_end) <= out->table_count)
            return;
    }
}

static const char *place_p2m_outside(uint64_t address, uint64_t pages, struct guest_layout *out)
{
    uint64_t bytes = layout_round_up(pages * 8, GUEST_PAGE);
    uint64_t end = address + bytes;

    if (address % GUEST_PAGE || end < address || !guest_range_ok(address, end))
        return "has an INIT_P2M note that is not a page-aligned address outside the hypervisor's part: "
               "correct it";
    if (address < out->v_end && out->v_start < end)
        return "has an INIT_P2M note within its start-of-day region: move it away";
    out->p2m = address;
    out->p2m_outside = true;
    out->p2m_pfn = (out->v_end - out->v_start) / GUEST_PAGE;
    out->p2m_pages = bytes / GUEST_PAGE;
    out->p2m_table_pfn = out->p2m_pfn + out->p2m_pages;
    out->p2m_table_count = tables_below_root(address, end);
    if (out->p2m_table_pfn + out->p2m_table_count > pages)
        return "has too little memory for its P2M list: give it more (mem=MiB)";
    return NULL;
}

static bool hypercall_page_ok(const struct elf_guest *elf, const struct guest_layout *out)
{
    uint64_t start = elf->hypercall_page;

    if (start < out->v_start || start > out->v_end - GUEST_PAGE)
        return false;
    return start + GUEST_PAGE <= layout_round_up(elf->kernel_end, GUEST_PAGE) || start >= out->stack_end;
}

const char *layout_compute(const struct elf_guest *elf, uint64_t pages, struct guest_layout *out)
{
    bool outside = elf->init_p2m != ELF_UNSET;
    uint64_t after_kernel;

    memset(out, 0, sizeof *out);
    if (elf->virt_base % GUEST_PAGE)
        return "has a VIRT_BASE note that is not page aligned: correct it";
    if (pages > REGION_MOST / GUEST_PAGE)
        return "is given too much memory: keep mem= below 1 TiB";
    if ((elf->kernel_end - elf->virt_base) / GUEST_PAGE > pages)
        return TOO_LITTLE;
    /* List and tables take 8 bytes a page each. The region grows by less than twice that and some 4 MiB. */
    if (elf->kernel_end > UINT64_MAX - 8 * REGION_ALIGN - pages * 32)
        return "leaves no room behind its kernel: link it lower";

    out->v_start = elf->virt_base;
    after_kernel = layout_round_up(elf->kernel_end, GUEST_PAGE);
    out->p2m = after_kernel;
    out->start_info = outside ? after_kernel : layout_round_up(after_kernel + pages * 8, GUEST_PAGE);
    out->page_tables = out->start_info + GUEST_PAGE;
    place_tables(out);

    if (!guest_range_ok(out->v_start, out->v_end))
        return "lies in the hypervisor's part of the address space or across a hole: link it elsewhere";
    if ((out->v_end - out->v_start) / GUEST_PAGE > pages)
        return TOO_LITTLE;
    if (elf->hypercall_page != ELF_UNSET && !hypercall_page_ok(elf, out))
        return "has a HYPERCALL_PAGE note outside its kernel: correct it";
    return outside ? place_p2m_outside(elf->init_p2m, pages, out) : NULL;
}
