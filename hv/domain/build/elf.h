/* A guest kernel's module: ELF64 with Xen's notes, read with distrust. Pure. */
#ifndef DOMAIN_ELF_H
#define DOMAIN_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 32
#define ELF_MAX_NOTES    256 /* of all owners; a module with more is refused */
#define ELF_UNSET        UINT64_MAX

struct elf_segment {
    uint64_t file_offset, file_bytes; /* within the image */
    uint64_t memory_bytes;            /* at least file_bytes; the rest is zero */
    uint64_t offset;                  /* from virt_base, where it goes */
};

/*
 * Addresses are guest virtual. kernel_start..kernel_end holds every segment and the entry, and ends below the
 * end of the address space.
 */
struct elf_guest {
    uint64_t virt_base, entry;
    uint64_t kernel_start, kernel_end;
    uint64_t hypercall_page; /* ELF_UNSET: the guest does without */
    uint64_t init_p2m;       /* ELF_UNSET: the p2m list lies in the start-of-day region */
    unsigned segment_count;
    struct elf_segment segment[ELF_MAX_SEGMENTS];
};

/* What Xen's notes said, before elf_notes_check. */
struct elf_notes {
    unsigned seen; /* of all owners */
    unsigned xen;  /* of Xen's */
    uint64_t entry, virt_base, paddr_offset, hypercall_page, init_p2m;
    bool loader_generic, os_linux, version_ok, hvm_entry;
    bool supported_given, supported_dom0;
    bool supervisor_required;
};

/*
 * Returns NULL if *out is right. Otherwise what is wrong and what to do, as the middle of a sentence that
 * begins "it ".
 */
const char *elf_read(const void *image, size_t size, struct elf_guest *out);

/*
 * elf_notes_read adds one area of notes, wholly within the image, to *notes. elf_notes_check weighs them all.
 * Both return NULL, or what is wrong and what to do.
 */
void elf_notes_init(struct elf_notes *notes);
const char *elf_notes_read(const uint8_t *area, uint64_t size, struct elf_notes *notes);
const char *elf_notes_check(const struct elf_notes *notes);

#endif
