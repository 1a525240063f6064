#include "domain/build/builder.h"

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "cpu/paging.h"
#include "cpu/traps.h"
#include "domain/build/guest_tables.h"
#include "domain/build/hypercall_page.h"
#include "domain/domain_state.h"
#include "log/log.h"
#include "log/string.h"

/* A guest while it is built. */
struct build {
    struct domain *domain;
    struct elf_guest elf;
    struct guest_layout layout;
};

/* Where the guest's `va`, an address in the start-of-day region, lies for us. */
static void *region_at(const struct build *build, uint64_t va)
{
    return phys_to_virt(build->domain->frames.base + (va - build->layout.v_start));
}

/* memory_try_take has cleared it all; a segment may still clear what another one wrote at its end. */
static void load_segments(const struct build *build, const void *image)
{
    const struct elf_guest *elf = &build->elf;

    for (unsigned i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segment[i];
        char *to = region_at(build, elf->virt_base + segment->offset);

        memcpy(to, (const char *)image + segment->file_offset, segment->file_bytes);
        memset(to + segment->file_bytes, 0, segment->memory_bytes - segment->file_bytes);
    }
    if (elf->hypercall_page != ELF_UNSET)
        hypercall_page_fill(region_at(build, elf->hypercall_page));
}

static void fill_p2m(const struct build *build)
{
    const struct guest_layout *layout = &build->layout;
    const struct domain_frames *frames = &build->domain->frames;
    uint64_t *list = layout->p2m_outside ? phys_to_virt(frames->base + layout->p2m_pfn * GUEST_PAGE)
                                         : region_at(build, layout->p2m);

    for (uint64_t pfn = 0; pfn < frames->pages; pfn++)
        list[pfn] = frames->base / GUEST_PAGE + pfn;
}

/* As Xen does for dom0. There is no store and no console ring; the console is a hypercall. */
static void fill_start_info(const struct build *build, const char *cmdline)
{
    const struct domain *domain = build->domain;
    const struct guest_layout *layout = &build->layout;
    struct start_info *info = region_at(build, layout->start_info);

    memcpy(info->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
    info->nr_pages = domain->frames.pages;
    info->shared_info = domain->frames.shared;
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

static void start_frame(const struct build *build, struct trap_frame *start)
{
    *start = (struct trap_frame){
        .rip = build->elf.entry,
        .rsi = build->layout.start_info,
        .rsp = build->layout.stack_end,
        .cs = SEL_USER_CODE64,
        .ss = SEL_USER_DATA,
        .rflags = rflags_for_guest(0),
    };
}

static const char *take_memory(struct build *build, uint64_t bytes)
{
    const struct guest_layout *layout = &build->layout;
    struct domain_frames *frames = &build->domain->frames;
    void *memory = memory_try_take(bytes / GUEST_PAGE);

    if (!memory)
        return "does not find its memory in one piece: give it less (mem=MiB), or the machine more";
    frames->base = virt_to_phys(memory);
    frames->pages = bytes / GUEST_PAGE;
    frames->table_pfn = (layout->page_tables - layout->v_start) / GUEST_PAGE;
    frames->table_count = layout->table_count;
    frames->p2m_table_pfn = layout->p2m_table_pfn;
    frames->p2m_table_count = layout->p2m_table_count;
    return NULL;
}

/* The guest's own tables, the hypervisor's slots in their root, and the machine-to-phys table among these. */
static bool build_tables(const struct build *build)
{
    struct domain *domain = build->domain;
    const struct domain_frames *frames = &domain->frames;
    uint64_t *root;

    guest_tables_build(&build->layout, frames->base);
    domain->space = (struct guest_space){frames->base + frames->table_pfn * GUEST_PAGE, phys_to_virt};
    root = phys_to_virt(domain->space.root);
    memcpy(&root[HV_ENTRY_FIRST], (uint64_t *)phys_to_virt(paging_root()) + HV_ENTRY_FIRST,
           (HV_ENTRY_LAST - HV_ENTRY_FIRST + 1) * sizeof *root);
    return m2p_build(root, frames->base, frames->pages);
}

const char *builder_build(struct domain *domain, const struct domain_config *config, struct trap_frame *start)
{
    struct build build = {.domain = domain};
    const char *why = elf_read(config->image, config->image_size, &build.elf);

    if (!why)
        why = layout_compute(&build.elf, config->memory_bytes / GUEST_PAGE, &build.layout);
    if (!why)
        why = take_memory(&build, config->memory_bytes);
    if (why)
        return why;

    load_segments(&build, config->image);
    fill_p2m(&build);
    fill_start_info(&build, config->cmdline);
    if (!build_tables(&build))
        return "leaves no memory for its machine-to-phys table: give it less (mem=MiB)";
    start_frame(&build, start);
    log_print("guest: %lu MiB at %lx, virtual %lx..%lx, kernel to %lx, entry %lx\n",
              domain->frames.pages >> 8, domain->frames.base, build.layout.v_start, build.layout.v_end,
              build.elf.kernel_end, build.elf.entry);
    return NULL;
}
