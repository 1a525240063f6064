/* The MADT: which CPUs there are (ACPI 6.4, 5.2.12). */
#include "platform/bytes.h"
#include "platform/firmware/acpi_tables.h"
#include "platform/firmware/common.h"

enum { ENTRY_LOCAL_APIC = 0, ENTRY_LAPIC_OVERRIDE = 5, ENTRY_LOCAL_X2APIC = 9 };

/* 5.2.12: where the fields are, of the table and of an entry of each kind; and how long the latter is. */
enum { MADT_LAPIC_ADDRESS = 36, MADT_ENTRIES = 44 };
enum { ENTRY_TYPE = 0, ENTRY_LENGTH = 1 };
enum { LAPIC_ACPI_ID = 2, LAPIC_APIC_ID = 3, LAPIC_FLAGS = 4, LAPIC_BYTES = 8 };       /* 5.2.12.2 */
enum { OVERRIDE_ADDRESS = 4, OVERRIDE_BYTES = 12 };                                    /* 5.2.12.8 */
enum { X2APIC_APIC_ID = 4, X2APIC_FLAGS = 8, X2APIC_ACPI_ID = 12, X2APIC_BYTES = 16 }; /* 5.2.12.12 */

/* No CPU's: the address of all. */
#define LAPIC_BROADCAST  0xffu
#define X2APIC_BROADCAST 0xffffffffu

/* 5.2.12.2: bit 0 says that the CPU is ready for use; bit 1 (online capable) only that it may be one day. */
#define CPU_ENABLED 1u

static bool can_be_used(uint32_t flags, uint32_t apic_id, uint32_t broadcast)
{
    return (flags & CPU_ENABLED) && apic_id != broadcast;
}

static void take_lapic(const uint8_t *entry, struct machine *out)
{
    uint8_t id = entry[LAPIC_APIC_ID];

    machine_add_cpu(out, id, entry[LAPIC_ACPI_ID],
                    can_be_used(le32(entry + LAPIC_FLAGS), id, LAPIC_BROADCAST));
}

static void take_x2apic(const uint8_t *entry, struct machine *out)
{
    uint32_t id = le32(entry + X2APIC_APIC_ID);

    machine_add_cpu(out, id, le32(entry + X2APIC_ACPI_ID),
                    can_be_used(le32(entry + X2APIC_FLAGS), id, X2APIC_BROADCAST));
}

/* Returns false if the entry is shorter than its type needs. */
static bool take_entry(const uint8_t *entry, uint8_t size, struct machine *out)
{
    switch (entry[ENTRY_TYPE]) {
    case ENTRY_LOCAL_APIC:
        if (size < LAPIC_BYTES)
            return false;
        take_lapic(entry, out);
        return true;
    case ENTRY_LAPIC_OVERRIDE:
        if (size < OVERRIDE_BYTES)
            return false;
        out->lapic_base = le64(entry + OVERRIDE_ADDRESS);
        return true;
    case ENTRY_LOCAL_X2APIC:
        if (size < X2APIC_BYTES)
            return false;
        take_x2apic(entry, out);
        return true;
    default: return true;
    }
}

void madt_read(const uint8_t *table, uint32_t size, struct machine *out)
{
    if (size < MADT_ENTRIES) {
        out->bad_tables++;
        return;
    }
    out->lapic_base = le32(table + MADT_LAPIC_ADDRESS);
    for (uint32_t at = MADT_ENTRIES; at < size; at += table[at + ENTRY_LENGTH]) {
        uint32_t left = size - at;
        /* Length 0 was seen on real boards: nothing after it can be trusted to be an entry. */
        uint8_t length = left > ENTRY_LENGTH ? table[at + ENTRY_LENGTH] : 0;

        if (length <= ENTRY_LENGTH || length > left || !take_entry(table + at, length, out)) {
            out->bad_tables++;
            return;
        }
    }
}
