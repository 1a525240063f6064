/* The few facts we take from ACPI (ACPI 6.4, chapters 5.2.5 RSDP, 5.2.9 FADT, 5.2.12 MADT; HPET spec 1.0a).
 * Pure. */
#ifndef PLATFORM_ACPI_H
#define PLATFORM_ACPI_H

#include "platform/bootinfo.h"

#define MACHINE_MAX_CPUS 256

struct machine_cpu {
    uint32_t apic_id;
    uint32_t acpi_id;
};

struct machine {
    const char *source;                        /* "acpi", "mptable" (mptable.h) or "none" */
    struct machine_cpu cpus[MACHINE_MAX_CPUS]; /* enabled ones, no duplicates, in the table's order */
    unsigned cpu_count;
    unsigned cpus_left_out;   /* disabled, duplicate, or beyond the table */
    uint64_t lapic_base;      /* 0: not said */
    uint16_t pmtimer_port;    /* 0: none */
    uint64_t hpet_base;       /* 0: none */
    uint8_t century_register; /* RTC index, 0: none */
    unsigned bad_tables;      /* refused: checksum, length, address */
};

/*
 * `rsdp` 0: searches the EBDA and 0xe0000..0xfffff. Never fails: what is not found stays zero; bad tables are
 * counted and skipped. XSDT if revision >= 2 and it is whole, else RSDT.
 */
void acpi_read(uint64_t rsdp, phys_view view, struct machine *out);

#endif
