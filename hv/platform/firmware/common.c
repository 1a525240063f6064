#include "platform/firmware/common.h"

#define EBDA_SEGMENT 0x40eu /* in the BIOS data area, a word */
#define EBDA_FIRST   0x400u
#define EBDA_LAST    (0xa0000u - 0x400u) /* it has a KiB at least, and ends at 640 KiB */
#define ENTRY_ALIGN  16u

uint64_t ebda_address(phys_view view)
{
    const uint8_t *segment = peek(view, EBDA_SEGMENT, 2);
    uint64_t address = segment ? (uint64_t)le16(segment) << 4 : 0;

    return address >= EBDA_FIRST && address <= EBDA_LAST ? address : 0;
}

uint64_t find_entry_point(phys_view view, uint64_t start, size_t size, size_t entry_bytes,
                          bool (*valid)(const uint8_t *entry))
{
    const uint8_t *bytes = peek(view, start, size);

    for (size_t at = 0; bytes && size - at >= entry_bytes; at += ENTRY_ALIGN)
        if (valid(bytes + at))
            return start + at;
    return 0;
}

static bool has_cpu(const struct machine *machine, uint32_t apic_id)
{
    for (unsigned i = 0; i < machine->cpu_count; i++)
        if (machine->cpus[i].apic_id == apic_id)
            return true;
    return false;
}

void machine_add_cpu(struct machine *machine, uint32_t apic_id, uint32_t acpi_id, bool usable)
{
    if (!usable || has_cpu(machine, apic_id))
        machine->cpus_no++;
    else if (machine->cpu_count < MACHINE_MAX_CPUS)
        machine->cpus[machine->cpu_count++] = (struct machine_cpu){apic_id, acpi_id};
    else
        machine->cpus_beyond++;
}
