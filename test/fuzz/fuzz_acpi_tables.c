/* sources: test/fuzz/seeds.c hv/platform/firmware/acpi_madt.c hv/platform/firmware/acpi_fixed.c hv/platform/firmware/acpi_console.c hv/platform/firmware/common.c */
/* runs: 300000 */
#include "acpi_build.h"
#include "fuzz.h"
#include "machine_check.h"
#include "platform/firmware/acpi_tables.h"

/* Exactly the table's bytes, so that the first one read beyond them is seen. */
static void read_one(unsigned which, const uint8_t *bytes, uint32_t size)
{
    void (*const readers[])(const uint8_t *, uint32_t,
                            struct machine *) = {madt_read, fadt_read, hpet_table_read, spcr_read, dbg2_read};
    uint8_t *copy = malloc(size);

    memcpy(copy, bytes, size);
    readers[which % 5](copy, size, &machine);
    free(copy);
}

/* The first byte says which table the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine = (struct machine){.source = "acpi"};
    if (size < 1 + ACPI_HEADER)
        return 0;
    read_one(data[0], data + 1, (uint32_t)size - 1);
    check_machine(&machine);
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t *out)
{
    const uint8_t *const tables[] = {madt, fadt, hpet, spcr, dbg2};

    if (number > 4)
        return 0;
    build();
    local_apic(0, 0, 1);
    local_x2apic(1, 0x100, 1);
    const uint32_t sizes[] = {madt_size, fadt_size, sizeof(hpet), sizeof(spcr), sizeof(dbg2)};
    out[0] = (uint8_t)number;
    memcpy(out + 1, tables[number], sizes[number]);
    return 1 + sizes[number];
}
