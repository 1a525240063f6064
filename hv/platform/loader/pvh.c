/* PVH boot (Xen's public header arch-x86/hvm/start_info.h): what QEMU's -kernel hands over. */
#include "platform/loader/bootparse.h"
#include "platform/bytes.h"

#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

_Static_assert(PVH_MAGIC == XEN_HVM_START_MAGIC_VALUE, "bootinfo.h says what Xen says");
_Static_assert(sizeof(struct hvm_start_info) == 56, "version 1");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32 && sizeof(struct hvm_memmap_table_entry) == 24,
               "as documented");

#define FIELD32(bytes, type, field) le32((bytes) + offsetof(struct type, field))
#define FIELD64(bytes, type, field) le64((bytes) + offsetof(struct type, field))

#define MAX_MAP_ENTRIES (BOOT_MAX_BYTES / sizeof(struct hvm_memmap_table_entry))

/*
 * The length of the line is not said, so it is viewed page by page: memory is there or not by pages.
 * BOOT_MAX_CMDLINE bytes lie in two pages at most, so this ends.
 */
static const char *take_line(uint64_t phys, phys_view view, char *out, bool *cut)
{
    size_t at = 0;
    bool ended = false;

    *cut = false;
    while (!ended && !*cut) {
        size_t size = 4096 - (phys & 4095);
        const uint8_t *text = phys <= UINT64_MAX - size ? view(phys, size) : NULL;

        if (!text)
            return "the command line cannot be read";
        at = boot_copy_text(out, at, text, size, &ended, cut);
        phys += size;
    }
    return NULL;
}

static const char *take_modlist(const uint8_t *info, phys_view view, struct boot_info *out)
{
    uint64_t line, start, size;
    const uint8_t *entry;

    out->module_count = FIELD32(info, hvm_start_info, nr_modules);
    if (out->module_count == 0)
        return NULL;
    entry = view(FIELD64(info, hvm_start_info, modlist_paddr), sizeof(struct hvm_modlist_entry));
    if (!entry)
        return "the list of modules cannot be read";
    start = FIELD64(entry, hvm_modlist_entry, paddr);
    size = FIELD64(entry, hvm_modlist_entry, size);
    if (size > UINT64_MAX - start)
        return "the module runs past the end of memory";
    out->module_present = true;
    out->module_start = start;
    out->module_end = start + size;
    line = FIELD64(entry, hvm_modlist_entry, cmdline_paddr);
    return line ? take_line(line, view, out->module_cmdline, &out->module_cmdline_cut) : NULL;
}

static const char *take_map(const uint8_t *info, phys_view view, struct boot_info *out)
{
    uint32_t count = FIELD32(info, hvm_start_info, memmap_entries);
    size_t size;
    const uint8_t *entry;

    if (count == 0)
        return "start_info has no memory map";
    if (count > MAX_MAP_ENTRIES)
        return "start_info's memory map is longer than any loader makes it";
    size = count * sizeof(struct hvm_memmap_table_entry);
    entry = view(FIELD64(info, hvm_start_info, memmap_paddr), size);
    if (!entry)
        return "start_info's memory map cannot be read";
    for (uint32_t i = 0; i < count; i++, entry += sizeof(struct hvm_memmap_table_entry))
        boot_add_range(out, FIELD64(entry, hvm_memmap_table_entry, addr),
                       FIELD64(entry, hvm_memmap_table_entry, size),
                       FIELD32(entry, hvm_memmap_table_entry, type));
    return NULL;
}

static const char *take_all(const uint8_t *info, phys_view view, struct boot_info *out)
{
    const char *wrong = NULL;
    uint64_t line = FIELD64(info, hvm_start_info, cmdline_paddr);

    if (line)
        wrong = take_line(line, view, out->cmdline, &out->cmdline_cut);
    if (!wrong)
        wrong = take_map(info, view, out);
    if (!wrong)
        wrong = take_modlist(info, view, out);
    out->rsdp = FIELD64(info, hvm_start_info, rsdp_paddr);
    /* Nothing tells the mode of the screen; writing the text page does no harm where it is not RAM. */
    out->vga_text = boot_vga_hole(out);
    return wrong;
}

const char *pvh_parse(uint64_t start_info, phys_view view, struct boot_info *out)
{
    bool fits;

    *out = (struct boot_info){.loader = "pvh"};
    /*
     * Version 0 ends before the memory map, without which we cannot run: all 56 bytes of version 1 are
     * needed.
     */
    const uint8_t *info = view(start_info, offsetof(struct hvm_start_info, memmap_paddr));
    if (!info)
        return "start_info cannot be read";
    if (FIELD32(info, hvm_start_info, magic) != PVH_MAGIC)
        return "start_info has the wrong magic number";
    if (FIELD32(info, hvm_start_info, version) < 1)
        return "start_info is of version 0, which has no memory map";
    fits = start_info <= UINT64_MAX - sizeof(struct hvm_start_info);
    info = fits ? view(start_info, sizeof(struct hvm_start_info)) : NULL;
    if (!info)
        return "start_info cannot be read to its end";
    out->info_start = start_info;
    out->info_end = start_info + sizeof(struct hvm_start_info);
    return take_all(info, view, out);
}
