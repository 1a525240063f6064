/* The headers of a guest's ELF64 module. Every number in it is taken for hostile until it is checked. */
#include "domain/build/elf.h"
#include "log/string.h"

/* System V ABI, "ELF header", "Program header", "Section header"; little-endian 64-bit forms. */
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
struct section_header {
    uint32_t name, type;
    uint64_t flags, addr, offset, size;
    uint32_t link, info;
    uint64_t addralign, entsize;
};
_Static_assert(sizeof(struct elf_header) == 64, "ELF64 header");
_Static_assert(sizeof(struct program_header) == 56, "ELF64 program header");
_Static_assert(sizeof(struct section_header) == 64, "ELF64 section header");

#define MACHINE_X86_64 62
#define PT_LOAD        1u
#define PT_NOTE        4u
#define SHT_NOTE       7u
#define FLAGS_RWX      7u

struct image {
    const uint8_t *bytes;
    uint64_t size;
    struct elf_header header;
};

static bool image_holds(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->size && size <= image->size - offset;
}

static const char *header_read(struct image *image)
{
    struct elf_header *header = &image->header;

    if (image->size < sizeof *header)
        return "is shorter than an ELF header: give a kernel's ELF file as the module";
    memcpy(header, image->bytes, sizeof *header);
    if (memcmp(header->ident, "\177ELF", 4) != 0)
        return "is not an ELF file: give the kernel uncompressed, as ELF";
    if (header->ident[4] != 2 || header->ident[5] != 1 || header->machine != MACHINE_X86_64)
        return "is not a 64-bit x86 ELF: build the guest for x86-64";
    if (header->type != 2 && header->type != 3)
        return "is not linked (ELF type EXEC or DYN): link it";
    if (header->phentsize != sizeof(struct program_header) || header->phnum == 0 || header->phnum == 0xffff)
        return "has no usable program headers: link it with segments";
    if (!image_holds(image, header->phoff, (uint64_t)header->phnum * sizeof(struct program_header)))
        return "has program headers outside the file: it was cut short, copy it again";
    return NULL;
}

static void program_header(const struct image *image, unsigned index, struct program_header *out)
{
    memcpy(out, image->bytes + image->header.phoff + (uint64_t)index * sizeof *out, sizeof *out);
}

static const char *notes_from_segments(const struct image *image, struct elf_notes *notes)
{
    for (unsigned i = 0; i < image->header.phnum; i++) {
        struct program_header header;
        const char *why;

        program_header(image, i, &header);
        /* Some linkers leave the offset of a note segment 0: Xen's loader passes over those, and so do we. */
        if (header.type != PT_NOTE || header.offset == 0)
            continue;
        if (!image_holds(image, header.offset, header.filesz))
            return "has a note segment outside the file: it was cut short, copy it again";
        why = elf_notes_read(image->bytes + header.offset, header.filesz, notes);
        if (why)
            return why;
    }
    return NULL;
}

/* Used only when no segment held a note of Xen's. */
static const char *notes_from_sections(const struct image *image, struct elf_notes *notes)
{
    const struct elf_header *header = &image->header;

    if (header->shentsize != sizeof(struct section_header) ||
        !image_holds(image, header->shoff, (uint64_t)header->shnum * sizeof(struct section_header)))
        return NULL;
    for (unsigned i = 1; i < header->shnum; i++) {
        struct section_header section;
        const char *why;

        memcpy(&section, image->bytes + header->shoff + (uint64_t)i * sizeof section, sizeof section);
        if (section.type != SHT_NOTE || !image_holds(image, section.offset, section.size))
            continue;
        why = elf_notes_read(image->bytes + section.offset, section.size, notes);
        if (why)
            return why;
    }
    return NULL;
}

/* Two segments must not share a byte: their order in the file would decide which one wins. */
static bool overlaps_another(const struct elf_guest *elf, const struct elf_segment *segment)
{
    uint64_t end = segment->offset + segment->memory_bytes;

    for (unsigned i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *other = &elf->segment[i];

        if (segment->memory_bytes && other->memory_bytes &&
            segment->offset < other->offset + other->memory_bytes && other->offset < end)
            return true;
    }
    return false;
}

/* Physical addresses count, as in Xen's loader: `paddr` less PADDR_OFFSET is the distance from VIRT_BASE. */
static const char *segment_add(const struct image *image, const struct program_header *header,
                               uint64_t paddr_offset, struct elf_guest *out)
{
    struct elf_segment *segment = &out->segment[out->segment_count];

    if (out->segment_count == ELF_MAX_SEGMENTS)
        return "has more than 32 segments to load: link it with fewer";
    if (!image_holds(image, header->offset, header->filesz))
        return "has a segment outside the file: it was cut short, copy it again";
    if (header->filesz > header->memsz)
        return "has a segment larger in the file than in memory: link it again";
    if (header->paddr < paddr_offset)
        return "has a segment below its PADDR_OFFSET note: correct the note or the linker script";
    *segment =
        (struct elf_segment){header->offset, header->filesz, header->memsz, header->paddr - paddr_offset};
    if (segment->offset > UINT64_MAX - out->virt_base ||
        segment->memory_bytes > UINT64_MAX - out->virt_base - segment->offset)
        return "has a segment beyond the end of the address space: correct VIRT_BASE or the linker script";
    if (overlaps_another(out, segment))
        return "has segments that overlap: correct the linker script";
    out->segment_count++;
    return NULL;
}

static const char *segments_read(const struct image *image, uint64_t paddr_offset, struct elf_guest *out)
{
    for (unsigned i = 0; i < image->header.phnum; i++) {
        struct program_header header;
        const char *why;

        program_header(image, i, &header);
        if (header.type != PT_LOAD || !(header.flags & FLAGS_RWX))
            continue;
        why = segment_add(image, &header, paddr_offset, out);
        if (why)
            return why;
    }
    return out->segment_count ? NULL : "has nothing to load: link it with a PT_LOAD segment";
}

static void kernel_extent(struct elf_guest *out)
{
    out->kernel_start = UINT64_MAX;
    out->kernel_end = 0;
    for (unsigned i = 0; i < out->segment_count; i++) {
        uint64_t start = out->virt_base + out->segment[i].offset;
        uint64_t end = start + out->segment[i].memory_bytes;

        if (start < out->kernel_start)
            out->kernel_start = start;
        if (end > out->kernel_end)
            out->kernel_end = end;
    }
}

const char *elf_read(const void *bytes, size_t size, struct elf_guest *out)
{
    struct image image = {.bytes = bytes, .size = size};
    struct elf_notes notes;
    const char *why = header_read(&image);

    memset(out, 0, sizeof *out);
    elf_notes_init(&notes);
    if (!why)
        why = notes_from_segments(&image, &notes);
    if (!why && notes.xen == 0)
        why = notes_from_sections(&image, &notes);
    if (!why)
        why = elf_notes_check(&notes);
    if (why)
        return why;

    out->virt_base = notes.virt_base == ELF_UNSET ? 0 : notes.virt_base;
    out->entry = notes.entry == ELF_UNSET ? image.header.entry : notes.entry;
    out->hypercall_page = notes.hypercall_page;
    out->init_p2m = notes.init_p2m;
    why = segments_read(&image, notes.paddr_offset == ELF_UNSET ? 0 : notes.paddr_offset, out);
    if (why)
        return why;
    kernel_extent(out);
    if (out->entry < out->kernel_start || out->entry >= out->kernel_end)
        return "has its entry outside its segments: correct the ENTRY note, VIRT_BASE or PADDR_OFFSET";
    return NULL;
}
