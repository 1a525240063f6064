/* What reads single ACPI tables. Pure; for hv/platform's own files. */
#ifndef PLATFORM_ACPI_TABLES_H
#define PLATFORM_ACPI_TABLES_H

#include "platform/acpi.h"

#define ACPI_HEADER    36u        /* ACPI 6.4, 5.2.6: the header all tables share */
#define ACPI_MAX_TABLE (1u << 20) /* the largest honest tables (MADTs of huge machines) are far below */

/* Generic Address Structure (5.2.3.2). */
enum { GAS_MEMORY = 0, GAS_IO = 1 };
#define GAS_SIZE 12u

/*
 * Each takes a whole table, checksum and length already checked (size >= ACPI_HEADER), and adds what it says
 * to `out`; what makes no sense is left out, and counted in bad_tables.
 */
void madt_read(const uint8_t *table, uint32_t size, struct machine *out);
void fadt_read(const uint8_t *table, uint32_t size, struct machine *out);
void hpet_table_read(const uint8_t *table, uint32_t size, struct machine *out);

#endif
