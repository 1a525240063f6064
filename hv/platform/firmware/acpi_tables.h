/* What reads single ACPI tables. Pure; for this wing. */
#ifndef PLATFORM_ACPI_TABLES_H
#define PLATFORM_ACPI_TABLES_H

#include "platform/firmware/acpi.h"

#define ACPI_HEADER    36u        /* ACPI 6.4, 5.2.6: the header all tables share */
#define ACPI_LENGTH    4u         /* where the whole table's is in it */
#define ACPI_MAX_TABLE (1u << 20) /* the largest honest tables (MADTs of huge machines) are far below */

/* Generic Address Structure (5.2.3.2): its size, and its fields. */
#define GAS_SIZE    12u
#define GAS_SPACE   0u
#define GAS_ADDRESS 4u

#define FADT_MIN        116u       /* ACPI 1.0's */
#define FADT_HW_REDUCED (1u << 20) /* none of the fixed hardware is there (4.1) */

/*
 * Each takes a whole table, checksum and length already checked (size >= ACPI_HEADER), and adds what it says
 * to `out`; what makes no sense is left out, and counted in bad_tables.
 */
void madt_read(const uint8_t *table, uint32_t size, struct machine *out);
void fadt_read(const uint8_t *table, uint32_t size, struct machine *out);
void spcr_read(const uint8_t *table, uint32_t size, struct machine *out);
void dbg2_read(const uint8_t *table, uint32_t size, struct machine *out);
void hpet_table_read(const uint8_t *table, uint32_t size, struct machine *out);

#endif
