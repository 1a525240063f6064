#include "domain/build/builder.h"

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "cpu/paging.h"
#include "domain/build/config.h"
#include "domain/guest.h"
#include "domain/build/guest_tables.h"
#include "domain/build/hypercall_page.h"
#include "log/log.h"
#include "log/string.h"

/* Of an address in the start-of-day region. */
static void *region_at(const struct domain *domain, uint64_t va)
{
    return phys_to_virt(domain->base + (va - domain->layout.v_start));
}

/* memory_try_take has cleared it all: what a segment has beyond its file bytes is zero, unless another wrote
 * there. */
static void load_segments(const struct domain *domain, const struct elf_guest *elf, const void *image)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segment[i];
        char *to = region_at(domain, elf->virt_base + segment->offset);

        memcpy(to, (const char *)image + segment->file_offset, segment->file_bytes);
        memset(to + segment->file_bytes, 0, segment->memory_bytes - segment->file_bytes);
    }
    if (elf->hypercall_page != ELF_UNSET)
        hypercall_page_fill(region_at(domain, elf->hypercall_page));
}

static void fill_p2m(const struct domain *domain)
{
    const struct guest_layout *layout = &domain->layout;
    uint64_t *list = layout->p2m_outside ? phys_to_virt(domain->base + layout->p2m_pfn * GUEST_PAGE)
                                         : region_at(domain, layout->p2m);

    for (uint64_t pfn = 0; pfn < domain->pages; pfn++)
        list[pfn] = domain->base / GUEST_PAGE + pfn;
}

/* As Xen for dom0 (there is no store and no console ring; the console is a hypercall). */
static void fill_start_info(const struct domain *domain, const char *cmdline)
{
    const struct guest_layout *layout = &domain->layout;
    struct start_info *info = region_at(domain, layout->start_info);

    memcpy(info->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
    info->nr_pages = domain->pages;
    info->shared_info = virt_to_phys(domain->shared);
    info->flags = domain->privileged ? SIF_PRIVILEGED | SIF_INITDOMAIN : 0;
    info->pt_base = layout->page_tables;
    info->nr_pt_frames = layout->table_count;
    info->mfn_list = layout->p2m;
    if (layout->p2m_outside) {
        info->first_p2m_pfn = layout->p2m_pfn;
        info->nr_p2m_frames = layout->p2m_pages + layout->p2m_table_count;
    }
    memcpy(info->cmd_line, cmdline, strnlen(cmdline, MAX_GUEST_CMDLINE - 1));
}

static void start_frame(const struct domain *domain, const struct elf_guest *elf, struct trap_frame *start)
{
    *start = (struct trap_frame){
        .rip = elf->entry,
        .rsi = domain->layout.start_info,
        .rsp = domain->layout.stack_end,
        .cs = SEL_USER_CODE64,
        .ss = SEL_USER_DATA,
        .rflags = rflags_for_guest(0),
    };
}

static const char *take_memory(struct domain *domain, uint64_t bytes)
{
    void *memory;

    domain->pages = bytes / GUEST_PAGE;
    memory = memory_try_take(domain->pages);
    if (!memory)
        return "does not find its memory in one piece: give it less (mem=MiB), or the machine more";
    domain->base = virt_to_phys(memory);
    return NULL;
}

const char *builder_build(struct domain *domain, const struct domain_config *config, struct trap_frame *start)
{
    const struct guest_layout *layout = &domain->layout;
    struct elf_guest elf;
    uint64_t *root;
    const char *why = elf_read(config->image, config->image_size, &elf);

    if (!why)
        why = layout_compute(&elf, config->memory_bytes / GUEST_PAGE, &domain->layout);
    if (!why)
        why = take_memory(domain, config->memory_bytes);
    if (why)
        return why;

    load_segments(domain, &elf, config->image);
    fill_p2m(domain);
    fill_start_info(domain, config->cmdline);
    guest_tables_build(layout, domain->base);
    domain->space =
        (struct guest_space){domain->base + (layout->page_tables - layout->v_start), phys_to_virt};
    root = phys_to_virt(domain->space.root);
    memcpy(&root[HV_SLOT_FIRST], (uint64_t *)phys_to_virt(paging_root()) + HV_SLOT_FIRST,
           (HV_SLOT_LAST - HV_SLOT_FIRST + 1) * sizeof(*root));
    if (!m2p_build(root, domain->base, domain->pages))
        return "leaves no memory for its machine-to-phys table: give it less (mem=MiB)";
    start_frame(domain, &elf, start);
    log_print("guest: %lu MiB at %lx, virtual %lx..%lx, kernel to %lx, entry %lx\n", domain->pages >> 8,
              domain->base, layout->v_start, layout->v_end, elf.kernel_end, elf.entry);
    return NULL;
}
