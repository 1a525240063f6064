/* What a machine calls itself (SMBIOS, DMTF DSP0134 3.x). Pure. */
#ifndef PLATFORM_SMBIOS_H
#define PLATFORM_SMBIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/bytes.h"

/* UEFI's system table (UEFI 2.10, 4.3); at 0: the loader names none. */
struct efi_table {
    uint64_t at;
    bool wide; /* of a 64-bit UEFI */
};

#define MACHINE_NAME_BYTES 64u

/* Printable ASCII without blanks at either end; "unknown" where the machine does not say, or says filler. */
struct machine_names {
    char vendor[MACHINE_NAME_BYTES], product[MACHINE_NAME_BYTES]; /* the machine's, else its board's */
    char version[MACHINE_NAME_BYTES]; /* the machine's: with some makers it is the name that people know */
    char board[MACHINE_NAME_BYTES];
    char firmware[MACHINE_NAME_BYTES];     /* its maker and version: "SeaBIOS 1.16.2-debian-1.16.2-1" */
    char board_vendor[MACHINE_NAME_BYTES]; /* the board's own; where it names none, the machine's */
};

/*
 * Reads the names from the table that UEFI names, else from one in the BIOS's memory. Returns false if there
 * is no whole table; then all names are "unknown".
 */
bool smbios_read(struct efi_table efi, phys_view view, struct machine_names *out);

/* For smbios_read: returns where UEFI has the entry point, the newer kind if it has both; 0: nowhere. */
uint64_t smbios_efi_entry(struct efi_table efi, phys_view view);

#endif
