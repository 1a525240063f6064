/* What the boot loader says, from multiboot2 or PVH, in one form. Pure: bytes in, facts out. */
#ifndef PLATFORM_BOOTINFO_H
#define PLATFORM_BOOTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/bytes.h"
#include "platform/firmware/smbios.h"

#define BOOT_MAX_RANGES         256
#define BOOT_MAX_CMDLINE        1024
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289u
#define PVH_MAGIC               0x336ec578u

enum memory_kind { MEMORY_USABLE = 1, MEMORY_RESERVED = 2, MEMORY_ACPI = 3, MEMORY_NVS = 4, MEMORY_BAD = 5 };

struct memory_range {
    uint64_t start, end; /* bytes; end exclusive, > start */
    uint32_t kind;       /* enum memory_kind; unknown kinds read as MEMORY_RESERVED */
};

/* Where a colour's bits are in a pixel. */
struct boot_field {
    uint8_t position, size;
};

/* As the loader says it, unchecked (Multiboot2 specification 3.6.12). */
struct boot_framebuffer {
    uint64_t address;
    uint32_t pitch, width, height; /* bytes a row; pixels */
    uint8_t bits, type;            /* of a pixel; 0: it has a palette, 1: red, green, blue, 2: text */
    struct boot_field fields[3];   /* red, green, blue */
};

struct boot_info {
    const char *loader;             /* "multiboot2" or "pvh" */
    char cmdline[BOOT_MAX_CMDLINE]; /* always terminated */
    bool cmdline_cut;
    struct memory_range ranges[BOOT_MAX_RANGES];
    unsigned range_count;
    unsigned ranges_lost; /* beyond the table */
    bool module_present;
    uint64_t module_start, module_end; /* the first module: the guest */
    char module_cmdline[BOOT_MAX_CMDLINE];
    bool module_cmdline_cut;
    unsigned module_count;
    uint64_t rsdp; /* physical address, 0: not said (a copy inside the boot information counts) */
    bool efi;
    struct efi_table efi_table;
    bool vga_text;                       /* text at 0xb8000 can be written */
    struct boot_framebuffer framebuffer; /* width 0: none is named */
    uint64_t info_start, info_end;       /* the structure itself, to be kept until it is parsed (0,0: none) */
};

/*
 * Both return NULL if all is well, else what is wrong, as a sentence ("boot information ends inside a tag").
 */
const char *multiboot2_parse(uint64_t info, phys_view view, struct boot_info *out);
const char *pvh_parse(uint64_t start_info, phys_view view, struct boot_info *out);

#endif
