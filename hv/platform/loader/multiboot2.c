/* Multiboot2 boot information (Multiboot2 Specification 2.0, section 3.6). */
#include "platform/loader/bootparse.h"
#include "platform/bytes.h"

enum {
    TAG_END = 0,
    TAG_CMDLINE = 1,
    TAG_MODULE = 3,
    TAG_MMAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_EFI32 = 11,
    TAG_EFI64 = 12,
    TAG_RSDP_OLD = 14,
    TAG_RSDP_NEW = 15,
    TAG_EFI_MMAP = 17,
    TAG_EFI_NOT_ENDED = 18,
    TAG_EFI32_IMAGE = 19,
    TAG_EFI64_IMAGE = 20,
};

/* Where the fields are: 3.4 (a tag's header), 3.6.6 (module), 3.6.8 (memory map), 3.6.12 (framebuffer). */
enum { TAG_TYPE = 0, TAG_SIZE = 4, TAG_HEADER = 8 };
enum { MODULE_START = 8, MODULE_END = 12, MODULE_CMDLINE = 16 };
enum { MMAP_ENTRY_SIZE = 8, MMAP_ENTRIES = 16 };
enum { ENTRY_BASE = 0, ENTRY_LENGTH = 8, ENTRY_KIND = 16, ENTRY_BYTES = 24 };
enum { DISPLAY_ADDRESS = 8, DISPLAY_PITCH = 16, DISPLAY_WIDTH = 20, DISPLAY_HEIGHT = 24, DISPLAY_BITS = 28 };
enum { DISPLAY_TYPE = 29, DISPLAY_BYTES = 30, DISPLAY_FIELDS = 32, DISPLAY_RGB_BYTES = 38 };

#define FRAMEBUFFER_RGB      1u
#define FRAMEBUFFER_EGA_TEXT 2u

/* One tag: `bytes` holds all `size` of them, header included; `phys` is where it lies. */
struct tag {
    const uint8_t *bytes;
    uint32_t type, size;
    uint64_t phys;
};

struct progress {
    struct boot_info *out;
    bool mmap_seen, framebuffer_seen, rsdp_new_seen, not_ended;
};

static void take_cmdline(const struct tag *tag, struct boot_info *out)
{
    bool ended;

    boot_copy_text(out->cmdline, 0, tag->bytes + TAG_HEADER, tag->size - TAG_HEADER, &ended,
                   &out->cmdline_cut);
}

static const char *take_module_tag(const struct tag *tag, struct boot_info *out)
{
    bool ended;

    if (tag->size < MODULE_CMDLINE)
        return "a module's tag is too short";
    if (out->module_count++ > 0)
        return NULL;
    out->module_start = le32(tag->bytes + MODULE_START);
    out->module_end = le32(tag->bytes + MODULE_END);
    if (out->module_end < out->module_start)
        return "the module ends before it starts";
    out->module_present = true;
    boot_copy_text(out->module_cmdline, 0, tag->bytes + MODULE_CMDLINE, tag->size - MODULE_CMDLINE, &ended,
                   &out->module_cmdline_cut);
    return NULL;
}

static const char *take_mmap_tag(const struct tag *tag, struct progress *p)
{
    uint32_t entry_size;

    if (tag->size < MMAP_ENTRIES)
        return "the memory map's tag is too short";
    entry_size = le32(tag->bytes + MMAP_ENTRY_SIZE);
    if (entry_size < ENTRY_BYTES || entry_size > 4096)
        return "the memory map's entries have an impossible size";
    for (uint32_t at = MMAP_ENTRIES; tag->size - at >= entry_size; at += entry_size) {
        const uint8_t *entry = tag->bytes + at;

        boot_add_range(p->out, le64(entry + ENTRY_BASE), le64(entry + ENTRY_LENGTH),
                       le32(entry + ENTRY_KIND));
    }
    p->mmap_seen = true;
    return NULL;
}

static void take_framebuffer(const struct tag *tag, struct progress *p)
{
    struct boot_framebuffer *out = &p->out->framebuffer;

    if (tag->size < DISPLAY_BYTES)
        return;
    p->framebuffer_seen = true;
    *out = (struct boot_framebuffer){
        .address = le64(tag->bytes + DISPLAY_ADDRESS),
        .pitch = le32(tag->bytes + DISPLAY_PITCH),
        .width = le32(tag->bytes + DISPLAY_WIDTH),
        .height = le32(tag->bytes + DISPLAY_HEIGHT),
        .bits = tag->bytes[DISPLAY_BITS],
        .type = tag->bytes[DISPLAY_TYPE],
    };
    for (unsigned i = 0; out->type == FRAMEBUFFER_RGB && tag->size >= DISPLAY_RGB_BYTES && i < 3; i++)
        out->fields[i] =
            (struct boot_field){tag->bytes[DISPLAY_FIELDS + 2 * i], tag->bytes[DISPLAY_FIELDS + 2 * i + 1]};
    p->out->vga_text = out->address == 0xb8000 && out->type == FRAMEBUFFER_EGA_TEXT;
}

/*
 * The table's copy lies in the tag itself: 20 bytes of ACPI 1.0, or at least 36 later. Where there are both
 * the new one counts.
 */
static void take_rsdp(const struct tag *tag, struct progress *p)
{
    bool is_new = tag->type == TAG_RSDP_NEW;

    if (tag->size - TAG_HEADER < (is_new ? 36u : 20u))
        return;
    if (is_new || !p->rsdp_new_seen)
        p->out->rsdp = tag->phys + TAG_HEADER;
    p->rsdp_new_seen |= is_new;
}

/* 3.6.12: the address of its system table, 4 or 8 bytes. */
static void take_efi(const struct tag *tag, struct boot_info *out)
{
    bool wide = tag->type == TAG_EFI64;

    out->efi = true;
    if (tag->size >= TAG_HEADER + (wide ? 8u : 4u))
        out->efi_table =
            (struct efi_table){wide ? le64(tag->bytes + TAG_HEADER) : le32(tag->bytes + TAG_HEADER), wide};
}

static const char *take_tag(const struct tag *tag, struct progress *p)
{
    switch (tag->type) {
    case TAG_CMDLINE: take_cmdline(tag, p->out); return NULL;
    case TAG_MODULE: return take_module_tag(tag, p->out);
    case TAG_MMAP: return take_mmap_tag(tag, p);
    case TAG_FRAMEBUFFER: take_framebuffer(tag, p); return NULL;
    case TAG_RSDP_OLD:
    case TAG_RSDP_NEW: take_rsdp(tag, p); return NULL;
    case TAG_EFI_NOT_ENDED:
        p->not_ended = true;
        p->out->efi = true;
        return NULL;
    case TAG_EFI32:
    case TAG_EFI64: take_efi(tag, p->out); return NULL;
    case TAG_EFI_MMAP:
    case TAG_EFI32_IMAGE:
    case TAG_EFI64_IMAGE: p->out->efi = true; return NULL;
    default: return NULL;
    }
}

/* Takes all tags, each at a multiple of 8. Returns NULL if they are sound and close with the end tag. */
static const char *walk_tags(const uint8_t *bytes, uint32_t total, uint64_t info, struct progress *p)
{
    uint32_t at = 8;

    while (at <= total && total - at >= TAG_HEADER) {
        struct tag tag = {bytes + at, le32(bytes + at + TAG_TYPE), le32(bytes + at + TAG_SIZE), info + at};
        const char *wrong;

        if (tag.size < TAG_HEADER)
            return "boot information has a tag shorter than its own header";
        if (tag.size > total - at)
            return "boot information ends inside a tag";
        if (tag.type == TAG_END)
            return NULL;
        wrong = take_tag(&tag, p);
        if (wrong)
            return wrong;
        at += (tag.size + 7u) & ~7u;
    }
    return "boot information has no end tag";
}

static const char *check_whole(struct progress *p)
{
    struct boot_info *out = p->out;

    if (!p->mmap_seen)
        return "boot information has no memory map";
    if (p->not_ended)
        return "the boot loader left UEFI's boot services running";
    /*
     * Without the tag a BIOS machine is still in the text mode that it started in; on UEFI nothing is
     * promised.
     */
    if (!p->framebuffer_seen)
        out->vga_text = !out->efi && boot_vga_hole(out);
    return NULL;
}

const char *multiboot2_parse(uint64_t info, phys_view view, struct boot_info *out)
{
    struct progress progress;
    const char *wrong;
    const uint8_t *bytes;
    uint32_t total;

    *out = (struct boot_info){.loader = "multiboot2"};
    const uint8_t *header = view(info, 8);
    if (!header)
        return "boot information cannot be read";
    total = le32(header);
    if (total < 16)
        return "boot information is shorter than its end tag";
    if (total > BOOT_MAX_BYTES || info > UINT64_MAX - total)
        return "boot information is longer than any loader makes it";
    bytes = view(info, total);
    if (!bytes)
        return "boot information cannot be read to its end";
    out->info_start = info;
    out->info_end = info + total;

    progress = (struct progress){.out = out};
    wrong = walk_tags(bytes, total, info, &progress);
    return wrong ? wrong : check_whole(&progress);
}
