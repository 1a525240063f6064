/* sources: test/fuzz/seeds.c hv/domain/build/elf.c hv/domain/build/elf_notes.c */
/* runs: 200000 */
#include "domain/build/elf.h"
#include "fuzz.h"

#include <elf.h>
#include <stdlib.h>
#include <xen/elfnote.h>

#define BASE       0xffffffff80000000ull
#define NOTES_AT   (64u + 3 * 56u)
#define FILE_BYTES 512u

/* What must hold of anything that is taken, for whoever loads it. */
static void check_segment(const struct elf_guest *guest, const struct elf_segment *s, size_t size)
{
    uint64_t start = guest->virt_base + s->offset;

    MUST(s->file_offset <= size && s->file_bytes <= size - s->file_offset);
    MUST(s->file_bytes <= s->memory_bytes);
    MUST(start >= guest->virt_base && start + s->memory_bytes >= start);
    MUST(start >= guest->kernel_start && start + s->memory_bytes <= guest->kernel_end);
}

static void check_apart(const struct elf_segment *a, const struct elf_segment *b)
{
    MUST(!a->memory_bytes || !b->memory_bytes || a->offset + a->memory_bytes <= b->offset ||
         b->offset + b->memory_bytes <= a->offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_guest guest;
    const char *why = elf_read(data, size, &guest);

    if (why) {
        MUST(strlen(why) > 0);
        return 0;
    }
    MUST(guest.segment_count >= 1 && guest.segment_count <= ELF_MAX_SEGMENTS);
    MUST(guest.kernel_start <= guest.entry && guest.entry < guest.kernel_end);
    for (unsigned i = 0; i < guest.segment_count; i++) {
        check_segment(&guest, &guest.segment[i], size);
        for (unsigned k = 0; k < i; k++)
            check_apart(&guest.segment[k], &guest.segment[i]);
    }
    return 0;
}

static size_t add_note(uint8_t *out, size_t at, uint32_t type, const void *words, uint32_t size)
{
    const uint32_t head[3] = {4, size, type};

    memcpy(out + at, head, sizeof(head));
    memcpy(out + at + 12, "Xen", 4);
    memcpy(out + at + 16, words, size);
    return at + 16 + ((size + 3) & ~3u);
}

static size_t add_notes(uint8_t *out, unsigned number)
{
    const uint64_t base = BASE, entry = BASE + 0x1000, page = BASE + 0x2000, none = 0;
    size_t at = NOTES_AT;

    at = add_note(out, at, XEN_ELFNOTE_LOADER, "generic", 8);
    at = add_note(out, at, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
    at = add_note(out, at, XEN_ELFNOTE_VIRT_BASE, &base, 8);
    at = add_note(out, at, XEN_ELFNOTE_ENTRY, &entry, 8);
    if (number == 0)
        return at;
    at = add_note(out, at, XEN_ELFNOTE_HYPERCALL_PAGE, &page, 8);
    at = add_note(out, at, XEN_ELFNOTE_PADDR_OFFSET, &none, 8);
    return add_note(out, at, XEN_ELFNOTE_FEATURES, "!writable_page_tables", 22);
}

/* Both are taken: two segments that touch, and few notes or more. */
size_t fuzz_seed(unsigned number, uint8_t *out)
{
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
                         .e_type = ET_EXEC,
                         .e_machine = EM_X86_64,
                         .e_version = 1,
                         .e_entry = BASE + 0x1000,
                         .e_phoff = sizeof(header),
                         .e_ehsize = sizeof(header),
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = 3};
    Elf64_Phdr segments[3] = {{.p_type = PT_NOTE, .p_offset = NOTES_AT}};

    if (number > 1)
        return 0;
    memset(out, 0, FILE_BYTES);
    segments[0].p_filesz = segments[0].p_memsz = add_notes(out, number) - NOTES_AT;
    segments[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                               .p_flags = PF_R | PF_X,
                               .p_vaddr = BASE + 0x1000,
                               .p_paddr = 0x1000,
                               .p_filesz = FILE_BYTES,
                               .p_memsz = FILE_BYTES};
    segments[2] = segments[1];
    segments[2].p_vaddr = BASE + 0x1000 + FILE_BYTES;
    segments[2].p_paddr = 0x1000 + FILE_BYTES;
    segments[2].p_memsz = 0x3000;
    memcpy(out, &header, sizeof(header));
    memcpy(out + sizeof(header), segments, sizeof(segments));
    return FILE_BYTES;
}
