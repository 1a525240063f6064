/* Xen's ELF notes (public/elfnote.h): which there are, and whether a PV guest of ours may come with them. */
#include <stdint.h>
#include <xen/elfnote.h>
#include <xen/features.h>

#include "domain/build/elf.h"
#include "log/string.h"

struct note {
    uint32_t type;
    const uint8_t *desc;
    uint32_t size;
};

void elf_notes_init(struct elf_notes *notes)
{
    memset(notes, 0, sizeof *notes);
    notes->entry = notes->virt_base = notes->paddr_offset = ELF_UNSET;
    notes->hypercall_page = notes->init_p2m = ELF_UNSET;
}

/* Returns a number of 1, 2, 4 or 8 bytes, little endian; 0 for any other size, as Xen's loader does. */
static uint64_t note_number(const struct note *note)
{
    uint64_t value = 0;

    if (note->size == 1 || note->size == 2 || note->size == 4 || note->size == 8)
        memcpy(&value, note->desc, note->size);
    return value;
}

/* Returns true if the text begins with `start`. The text need not end with a zero byte. */
static bool note_begins(const struct note *note, const char *start)
{
    size_t length = strlen(start);

    return note->size >= length && memcmp(note->desc, start, length) == 0;
}

/* FEATURES: words with '|' between them. A '!' before a word says that the hypervisor must have it. */
static bool note_requires(const struct note *note, const char *feature)
{
    size_t length = strlen(feature);
    uint32_t at = 0;

    while (at < note->size && note->desc[at] != '\0') {
        uint32_t end = at;

        while (end < note->size && note->desc[end] != '|' && note->desc[end] != '\0')
            end++;
        if (note->desc[at] == '!' && end - at - 1 == length &&
            memcmp(note->desc + at + 1, feature, length) == 0)
            return true;
        at = end < note->size && note->desc[end] == '|' ? end + 1 : end;
    }
    return false;
}

static void note_take(const struct note *note, struct elf_notes *notes)
{
    switch (note->type) {
    case XEN_ELFNOTE_ENTRY: notes->entry = note_number(note); break;
    case XEN_ELFNOTE_HYPERCALL_PAGE: notes->hypercall_page = note_number(note); break;
    case XEN_ELFNOTE_VIRT_BASE: notes->virt_base = note_number(note); break;
    case XEN_ELFNOTE_PADDR_OFFSET: notes->paddr_offset = note_number(note); break;
    case XEN_ELFNOTE_INIT_P2M: notes->init_p2m = note_number(note); break;
    case XEN_ELFNOTE_PHYS32_ENTRY: notes->hvm_entry = true; break;
    case XEN_ELFNOTE_LOADER: notes->loader_generic = note_begins(note, "generic"); break;
    case XEN_ELFNOTE_GUEST_OS: notes->os_linux = note_begins(note, "linux"); break;
    case XEN_ELFNOTE_XEN_VERSION: notes->version_ok = note_begins(note, "xen-3.0"); break;
    case XEN_ELFNOTE_FEATURES:
        notes->supervisor_required |= note_requires(note, "supervisor_mode_kernel");
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        notes->supported_given = true;
        notes->supported_dom0 |= note_number(note) >> XENFEAT_dom0 & 1;
        break;
    default: /* PAE_MODE means nothing to a 64-bit kernel; the rest is for other loaders */ break;
    }
}

/* Name and description are each padded to 4 bytes. */
static uint64_t padded(uint32_t size)
{
    return ((uint64_t)size + 3) & ~3ull;
}

const char *elf_notes_read(const uint8_t *area, uint64_t size, struct elf_notes *notes)
{
    uint64_t at = 0;

    while (size - at >= 12) {
        uint32_t header[3]; /* namesz, descsz, type */

        memcpy(header, area + at, sizeof header);
        at += sizeof header;
        if (padded(header[0]) > size - at || header[1] > size - at - padded(header[0]))
            return "has a note that ends outside its segment: link it again";
        if (++notes->seen > ELF_MAX_NOTES)
            return "has more than 256 notes: strip it";
        if (header[0] == 4 && memcmp(area + at, "Xen", 4) == 0) {
            struct note note = {header[2], area + at + 4, header[1]};

            notes->xen++;
            note_take(&note, notes);
        }
        at += padded(header[0]);
        at += padded(header[1]) > size - at ? size - at : padded(header[1]);
    }
    return NULL;
}

/* The rules of Xen's own loader for dom0. */
const char *elf_notes_check(const struct elf_notes *notes)
{
    if (notes->xen == 0)
        return "has no Xen notes: build it as a Xen PV kernel (notes owned by \"Xen\" in a PT_NOTE segment)";
    if (!notes->loader_generic && !notes->os_linux && notes->hvm_entry)
        return "is a kernel for HVM or PVH only (all it has is a PHYS32_ENTRY note): build it for PV";
    if (!notes->loader_generic && !notes->os_linux)
        return "has neither a LOADER note \"generic\" nor a GUEST_OS note \"linux\": add LOADER \"generic\"";
    if (!notes->version_ok)
        return "has no XEN_VERSION note \"xen-3.0\": add one";
    if (notes->supported_given && !notes->supported_dom0)
        return "does not support to run as dom0: set bit XENFEAT_dom0 in its SUPPORTED_FEATURES note";
    if (notes->supervisor_required)
        return "requires supervisor_mode_kernel, which there is not: take it from its FEATURES note";
    if (notes->paddr_offset != ELF_UNSET && notes->virt_base == ELF_UNSET)
        return "has a PADDR_OFFSET note and no VIRT_BASE note: add VIRT_BASE";
    return NULL;
}
