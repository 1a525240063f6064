/* The MADT: which CPUs there are (ACPI 6.4, 5.2.12). */
#include "platform/firmware/acpi_tables.h"
#include "platform/bytes.h"

enum { ENTRY_LOCAL_APIC = 0, ENTRY_LAPIC_OVERRIDE = 5, ENTRY_LOCAL_X2APIC = 9 };

#define MADT_ENTRIES 44u
/* 5.2.12.2: bit 0 says that the CPU is ready for use; bit 1 (online capable) only that it may be one day. */
#define CPU_ENABLED 1u

static bool known_cpu(const struct machine *machine, uint32_t apic_id)
{
    for (unsigned i = 0; i < machine->cpu_count; i++)
        if (machine->cpus[i].apic_id == apic_id)
            return true;
    return false;
}

static void add_cpu(struct machine *out, uint32_t apic_id, uint32_t acpi_id, uint32_t flags,
                    uint32_t broadcast_id)
{
    bool valid = (flags & CPU_ENABLED) && apic_id != broadcast_id;
    if (valid && out->cpu_count < MACHINE_MAX_CPUS && !known_cpu(out, apic_id))
        out->cpus[out->cpu_count++] = (struct machine_cpu){apic_id, acpi_id};
    else
        out->cpus_left_out++;
}

/* False if the entry is shorter than its type needs. */
static bool take_entry(const uint8_t *entry, uint8_t size, struct machine *out)
{
    switch (entry[0]) {
    case ENTRY_LOCAL_APIC: /* 5.2.12.2; id 0xff is the broadcast address, no CPU's */
        if (size < 8)
            return false;
        add_cpu(out, entry[3], entry[2], le32(entry + 4), 0xff);
        return true;
    case ENTRY_LAPIC_OVERRIDE: /* 5.2.12.8 */
        if (size < 12)
            return false;
        out->lapic_base = le64(entry + 4);
        return true;
    case ENTRY_LOCAL_X2APIC: /* 5.2.12.12 */
        if (size < 16)
            return false;
        add_cpu(out, le32(entry + 4), le32(entry + 12), le32(entry + 8), 0xffffffff);
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
    out->lapic_base = le32(table + 36);
    for (uint32_t at = MADT_ENTRIES; at < size; at += table[at + 1]) {
        uint32_t left = size - at;
        /* Length 0 was seen on real boards: nothing after it can be trusted to be an entry. */
        bool sound = left >= 2 && table[at + 1] >= 2 && table[at + 1] <= left;
        if (!sound || !take_entry(table + at, table[at + 1], out)) {
            out->bad_tables++;
            return;
        }
    }
}
