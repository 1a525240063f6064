/*
 * The few facts we take from ACPI (ACPI 6.4: 5.2.5 RSDP, 5.2.9 FADT, 5.2.12 MADT; HPET specification 1.0a).
 * Pure.
 */
#ifndef PLATFORM_ACPI_H
#define PLATFORM_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/uart.h"
#include "platform/bytes.h"

#define MACHINE_MAX_CPUS 256

struct machine_cpu {
    uint32_t apic_id;
    uint32_t acpi_id;
};

/* A register as firmware names it (5.2.3.2): a port, in memory, or of a device on PCI's bus 0. */
enum acpi_space { ACPI_MEMORY = 0, ACPI_IO = 1, ACPI_PCI = 2 };
struct acpi_register {
    uint8_t space;    /* enum acpi_space */
    uint64_t address; /* 0 where there is none */
};

/*
 * What switches the machine off and resets it (FADT 5.2.9; 4.8.3, 16.1.3.4). Arrays of two: PM1a's, PM1b's.
 */
struct acpi_power {
    bool can_sleep;          /* SLP_TYP of S5 is known, and where it goes */
    uint8_t sleep_type[2];   /* 0..7; on reduced hardware the first alone counts */
    bool reduced;            /* hardware-reduced: `sleep` in the place of the PM1 registers */
    uint16_t pm1_control[2]; /* ports; 0: none */
    uint16_t pm1_event[2];   /* of event_bytes each: status, then enable, half of it each */
    uint8_t event_bytes;
    uint16_t smi_port; /* takes `enable_value` to switch ACPI mode on; 0: it is on for good */
    uint8_t enable_value;
    struct acpi_register sleep, reset; /* reset takes reset_value */
    uint8_t reset_value;
};

/* A device on PCI's first segment, with the ids that it must have. */
struct acpi_pci {
    bool named;
    uint16_t vendor, device;
    uint8_t bus, slot, function; /* slot 0..31, function 0..7 */
};

/* Firmware's console, or a debugger's port. */
struct acpi_console {
    const char *table;       /* "SPCR" or "DBG2"; NULL: no table names one */
    const char *wrong;       /* NULL, or why it cannot be used: "names a port that is no 16550" */
    struct uart_place place; /* sound only where nothing is wrong */
    struct acpi_pci pci;     /* the device that has them */
};

struct machine {
    const char *source;                        /* "acpi", "mptable" (mptable.h) or "none" */
    struct machine_cpu cpus[MACHINE_MAX_CPUS]; /* enabled ones, no duplicates, in the table's order */
    unsigned cpu_count;
    unsigned cpus_beyond;     /* enabled ones for which `cpus` has no room: a repeated one counts again */
    unsigned cpus_no;         /* entries that are no CPU: disabled, or one that was named before */
    uint64_t lapic_base;      /* 0 where it is not said */
    uint16_t pmtimer_port;    /* 0 where there is none */
    uint64_t hpet_base;       /* 0 where there is none */
    uint8_t century_register; /* RTC index, 0: none */
    unsigned bad_tables;      /* refused: checksum, length, address */
    struct acpi_power power;
    uint64_t dsdt; /* where the machine's own AML is; 0: not said */
    struct acpi_console console;
};

/*
 * Reads the tables that the RSDP at `rsdp` leads to (0: it is searched in the EBDA and in 0xe0000..0xfffff),
 * by the XSDT if the revision is 2 or later and it is whole, else by the RSDT. Never fails: what is not
 * found stays zero, and bad tables are counted and skipped.
 */
void acpi_read(uint64_t rsdp, phys_view view, struct machine *out);

#endif
