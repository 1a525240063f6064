/* sources: hv/domain/build/elf.c hv/domain/build/elf_notes.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <elf.h>
#include <xen/elfnote.h>
#include <xen/features.h>

#include "domain/build/elf.h"
#include "random.h"

/* A module put together by hand: one segment, its notes, and (as asked) sections instead of a note segment.
 */
#define NOTES_AT   0x400
#define CODE_AT    0x1000
#define FILE_BYTES 0x2000
#define BASE       0xffffffff80000000ull

struct module {
    uint8_t bytes[FILE_BYTES];
    size_t notes_end;
};

static Elf64_Ehdr *header(struct module *m)
{
    return (Elf64_Ehdr *)m->bytes;
}

static Elf64_Phdr *segment(struct module *m, unsigned i)
{
    return (Elf64_Phdr *)(m->bytes + sizeof(Elf64_Ehdr)) + i;
}

static void note(struct module *m, const char *owner, uint32_t type, const void *desc, uint32_t size)
{
    uint32_t head[3] = {(uint32_t)strlen(owner) + 1, size, type};
    uint8_t *at = m->bytes + m->notes_end;

    memcpy(at, head, sizeof(head));
    at += sizeof(head);
    memcpy(at, owner, head[0]);
    at += (head[0] + 3) & ~3u;
    memcpy(at, desc, size);
    m->notes_end = (size_t)(at - m->bytes) + ((size + 3) & ~3u);
    segment(m, 1)->p_filesz = segment(m, 1)->p_memsz = m->notes_end - NOTES_AT;
}

static void note_number(struct module *m, uint32_t type, uint64_t value)
{
    note(m, "Xen", type, &value, sizeof(value));
}

static void note_text(struct module *m, uint32_t type, const char *text)
{
    note(m, "Xen", type, text, (uint32_t)strlen(text) + 1);
}

static void module_bare(struct module *m)
{
    memset(m, 0, sizeof(*m));
    memcpy(header(m)->e_ident, ELFMAG, SELFMAG);
    header(m)->e_ident[EI_CLASS] = ELFCLASS64;
    header(m)->e_ident[EI_DATA] = ELFDATA2LSB;
    header(m)->e_type = ET_EXEC;
    header(m)->e_machine = EM_X86_64;
    header(m)->e_entry = BASE + 0x1010;
    header(m)->e_phoff = sizeof(Elf64_Ehdr);
    header(m)->e_phentsize = sizeof(Elf64_Phdr);
    header(m)->e_phnum = 2;
    *segment(m, 0) = (Elf64_Phdr){.p_type = PT_LOAD,
                                  .p_flags = PF_R | PF_W | PF_X,
                                  .p_offset = CODE_AT,
                                  .p_vaddr = BASE + 0x1000,
                                  .p_paddr = 0x1000,
                                  .p_filesz = 0x800,
                                  .p_memsz = 0x3000};
    *segment(m, 1) = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = NOTES_AT};
    m->notes_end = NOTES_AT;
}

static void module_good(struct module *m)
{
    module_bare(m);
    note(m, "GNU", 3, "abcd", 4);
    note_text(m, XEN_ELFNOTE_GUEST_OS, "test");
    note_text(m, XEN_ELFNOTE_LOADER, "generic");
    note_text(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    note_number(m, XEN_ELFNOTE_VIRT_BASE, BASE);
    note_number(m, XEN_ELFNOTE_ENTRY, BASE + 0x1000);
    note_number(m, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x2000);
}

static const char *read_into(struct module *m, struct elf_guest *out)
{
    return elf_read(m->bytes, sizeof(m->bytes), out);
}

static void refused(struct module *m, const char *part)
{
    struct elf_guest guest;
    const char *why = read_into(m, &guest);

    assert_non_null(why);
    if (!strstr(why, part))
        fail_msg("\"%s\" does not say \"%s\"", why, part);
}

static void test_good(void **state)
{
    struct module m;
    struct elf_guest guest;

    (void)state;
    module_good(&m);
    assert_null(read_into(&m, &guest));
    assert_int_equal(guest.virt_base, BASE);
    assert_int_equal(guest.entry, BASE + 0x1000);
    assert_int_equal(guest.hypercall_page, BASE + 0x2000);
    assert_int_equal(guest.init_p2m, ELF_UNSET);
    assert_int_equal(guest.kernel_start, BASE + 0x1000);
    assert_int_equal(guest.kernel_end, BASE + 0x4000);
    assert_int_equal(guest.segment_count, 1);
    assert_int_equal(guest.segment[0].offset, 0x1000);
    assert_int_equal(guest.segment[0].file_offset, CODE_AT);
}

static void test_entry_of_the_header(void **state)
{
    struct module m;
    struct elf_guest guest;

    (void)state;
    module_bare(&m);
    note_text(&m, XEN_ELFNOTE_GUEST_OS, "linux");
    note_text(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    note_number(&m, XEN_ELFNOTE_VIRT_BASE, BASE);
    note_number(&m, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    assert_null(read_into(&m, &guest));
    assert_int_equal(guest.entry, BASE + 0x1010);
    assert_int_equal(guest.hypercall_page, ELF_UNSET);
    assert_int_equal(guest.init_p2m, 0x8000000000);
}

/* Physical addresses equal to virtual ones, as some kernels are linked: PADDR_OFFSET says so. */
static void test_paddr_offset(void **state)
{
    struct module m;
    struct elf_guest guest;

    (void)state;
    module_good(&m);
    segment(&m, 0)->p_paddr = BASE + 0x1000;
    note_number(&m, XEN_ELFNOTE_PADDR_OFFSET, BASE);
    assert_null(read_into(&m, &guest));
    assert_int_equal(guest.segment[0].offset, 0x1000);
    segment(&m, 0)->p_paddr = BASE - 0x1000;
    refused(&m, "below its PADDR_OFFSET");
}

static void test_sections_as_fallback(void **state)
{
    struct module m;
    struct elf_guest guest;
    Elf64_Shdr *sections = (Elf64_Shdr *)(m.bytes + 0x1800);

    (void)state;
    module_good(&m);
    segment(&m, 1)->p_type = PT_NULL;
    header(&m)->e_shoff = 0x1800;
    header(&m)->e_shnum = 2;
    header(&m)->e_shentsize = sizeof(Elf64_Shdr);
    sections[1] = (Elf64_Shdr){.sh_type = SHT_NOTE, .sh_offset = NOTES_AT, .sh_size = m.notes_end - NOTES_AT};
    assert_null(read_into(&m, &guest));
    assert_int_equal(guest.entry, BASE + 0x1000);
    sections[1].sh_size = UINT64_MAX;
    refused(&m, "no Xen notes");
}

static void test_refusals_of_headers(void **state)
{
    struct module m;
    struct elf_guest guest;

    (void)state;
    module_good(&m);
    assert_non_null(elf_read(m.bytes, 63, &guest));
    assert_non_null(elf_read(m.bytes, 0, &guest));
    m.bytes[1] = 'e';
    refused(&m, "not an ELF");
    module_good(&m);
    header(&m)->e_machine = EM_386;
    refused(&m, "64-bit x86");
    module_good(&m);
    header(&m)->e_ident[EI_CLASS] = ELFCLASS32;
    refused(&m, "64-bit x86");
    module_good(&m);
    header(&m)->e_type = ET_REL;
    refused(&m, "not linked");
    module_good(&m);
    header(&m)->e_phoff = UINT64_MAX - 8;
    refused(&m, "program headers outside");
    module_good(&m);
    header(&m)->e_phnum = 0xfffe;
    refused(&m, "program headers outside");
}

static void test_refusals_of_segments(void **state)
{
    struct module m;

    (void)state;
    module_good(&m);
    segment(&m, 0)->p_offset = FILE_BYTES - 0x7ff;
    refused(&m, "outside the file");
    module_good(&m);
    segment(&m, 0)->p_filesz = 0x4000;
    refused(&m, "outside the file");
    module_good(&m);
    segment(&m, 0)->p_memsz = 0x7ff;
    refused(&m, "larger in the file");
    module_good(&m);
    segment(&m, 0)->p_memsz = UINT64_MAX;
    refused(&m, "end of the address space");
    module_good(&m);
    segment(&m, 0)->p_paddr = 0x7fffffff;
    refused(&m, "end of the address space");
    module_good(&m);
    segment(&m, 0)->p_type = PT_NULL;
    refused(&m, "nothing to load");
    module_good(&m);
    segment(&m, 0)->p_paddr = 0x2000;
    refused(&m, "entry outside");
    module_good(&m);
    segment(&m, 1)->p_filesz = FILE_BYTES;
    refused(&m, "note segment outside");
}

/* A second segment, at `paddr` in memory; the bytes are the first one's. */
static void second_segment(struct module *m, uint64_t paddr, uint64_t memory)
{
    header(m)->e_phnum = 3;
    *segment(m, 2) = *segment(m, 0);
    segment(m, 2)->p_paddr = paddr;
    segment(m, 2)->p_memsz = memory;
    segment(m, 2)->p_filesz = 0;
}

static void test_overlapping_segments(void **state)
{
    struct module m;
    struct elf_guest guest;

    (void)state;
    module_good(&m);
    second_segment(&m, 0x4000, 0x1000); /* they touch */
    assert_null(read_into(&m, &guest));
    second_segment(&m, 0, 0x1000);
    assert_null(read_into(&m, &guest));
    second_segment(&m, 0x2000, 0); /* nothing cannot be written over */
    assert_null(read_into(&m, &guest));
    second_segment(&m, 0x3fff, 1);
    refused(&m, "overlap");
    second_segment(&m, 0xfff, 2);
    refused(&m, "overlap");
    second_segment(&m, 0, 0x10000);
    refused(&m, "overlap");
    second_segment(&m, 0x2000, 1);
    refused(&m, "overlap");
}

static void test_refusals_of_notes(void **state)
{
    struct module m;

    (void)state;
    module_bare(&m);
    refused(&m, "no Xen notes");
    note_number(&m, XEN_ELFNOTE_VIRT_BASE, BASE);
    refused(&m, "LOADER");
    note_text(&m, XEN_ELFNOTE_LOADER, "generic");
    refused(&m, "XEN_VERSION");
    note_text(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.1");
    refused(&m, "XEN_VERSION");
    note_text(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    note_text(&m, XEN_ELFNOTE_FEATURES, "auto_translated_physmap|!supervisor_mode_kernel");
    refused(&m, "supervisor_mode_kernel");

    module_good(&m);
    note_text(&m, XEN_ELFNOTE_FEATURES, "supervisor_mode_kernel|!writable_page_tables");
    note_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 1u << XENFEAT_writable_page_tables);
    refused(&m, "dom0");
    note_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 1u << XENFEAT_dom0);
    struct elf_guest guest;
    assert_null(read_into(&m, &guest));

    module_bare(&m);
    note_text(&m, XEN_ELFNOTE_LOADER, "generic");
    note_text(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    note_number(&m, XEN_ELFNOTE_PADDR_OFFSET, 0);
    refused(&m, "no VIRT_BASE");

    module_good(&m);
    *(uint32_t *)(m.bytes + NOTES_AT + 4) = 0xfffffff0; /* a description beyond the segment */
    refused(&m, "ends outside");
    *(uint32_t *)(m.bytes + NOTES_AT) = 0xffffffff;
    refused(&m, "ends outside");
}

static void test_too_many(void **state)
{
    struct module m;

    (void)state;
    module_good(&m);
    memset(m.bytes + m.notes_end, 0, 12 * 300); /* empty notes of nobody's */
    segment(&m, 1)->p_filesz = m.notes_end - NOTES_AT + 12 * 300;
    refused(&m, "more than 256 notes");
}

/* What must hold of anything that is taken, for whoever loads it. */
static void check_taken(const struct elf_guest *guest, size_t size)
{
    assert_in_range(guest->segment_count, 1, ELF_MAX_SEGMENTS);
    assert_true(guest->kernel_start <= guest->entry && guest->entry < guest->kernel_end);
    for (unsigned i = 0; i < guest->segment_count; i++) {
        const struct elf_segment *s = &guest->segment[i];
        uint64_t start = guest->virt_base + s->offset;

        assert_true(s->file_offset <= size && s->file_bytes <= size - s->file_offset);
        assert_true(s->file_bytes <= s->memory_bytes);
        assert_true(start >= guest->virt_base && start + s->memory_bytes >= start);
        assert_true(start >= guest->kernel_start && start + s->memory_bytes <= guest->kernel_end);
    }
}

/* Interesting values at random places of headers and notes, and files cut anywhere; ASan watches over every
 * read. */
static void test_mutations(void **state)
{
    static const uint64_t values[] = {0,      1,          3,          4,          0x7f,      0xff,
                                      0x1000, 0x7fffffff, 0xffffffff, 1ull << 63, UINT64_MAX};
    struct random seed = {20050708};
    struct module m;
    unsigned taken = 0;

    (void)state;
    for (unsigned round = 0; round < 150000; round++) {
        unsigned changes = (unsigned)(random_next(&seed) % 4) + 1;
        size_t size = FILE_BYTES;
        struct elf_guest guest;

        module_good(&m);
        for (unsigned i = 0; i < changes; i++) {
            uint64_t value = values[random_next(&seed) % (sizeof(values) / sizeof(values[0]))];
            size_t where = random_next(&seed) % 2 ? random_next(&seed) % 176
                                                  : NOTES_AT + random_next(&seed) % (m.notes_end - NOTES_AT);

            memcpy(m.bytes + where, &value, 1u << random_next(&seed) % 4);
        }
        if (random_next(&seed) % 8 == 0)
            size = random_next(&seed) % FILE_BYTES;
        uint8_t *copy = malloc(size ? size : 1); /* of its exact size: a read beyond it is caught */
        memcpy(copy, m.bytes, size);
        if (!elf_read(copy, size, &guest)) {
            check_taken(&guest, size);
            taken++;
        }
        free(copy);
    }
    assert_in_range(taken, 1000, 149000); /* both ways were gone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_entry_of_the_header),
        cmocka_unit_test(test_paddr_offset),
        cmocka_unit_test(test_sections_as_fallback),
        cmocka_unit_test(test_refusals_of_headers),
        cmocka_unit_test(test_refusals_of_segments),
        cmocka_unit_test(test_overlapping_segments),
        cmocka_unit_test(test_refusals_of_notes),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
