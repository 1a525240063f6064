/* What the parsers of firmware's tables have in common. Pure; for this wing. */
#ifndef PLATFORM_COMMON_H
#define PLATFORM_COMMON_H

#include "platform/firmware/acpi.h"

/* Returns the physical address of the extended BIOS data area; 0: the BIOS names none that can be. */
uint64_t ebda_address(phys_view view);

/*
 * Looks through [start, start + size) at each 16th byte for an entry point of `entry_bytes` bytes that is
 * `valid`. Returns its physical address; 0: there is none.
 */
uint64_t find_entry_point(phys_view view, uint64_t start, size_t size, size_t entry_bytes,
                          bool (*valid)(const uint8_t *entry));

/* Adds a CPU that is `usable`, each once and as far as there is room; counts it otherwise. */
void machine_add_cpu(struct machine *machine, uint32_t apic_id, uint32_t acpi_id, bool usable);

#endif
