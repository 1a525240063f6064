/* sources: test/fuzz/seeds.c hv/platform/firmware/acpi.c hv/platform/firmware/acpi_madt.c hv/platform/firmware/acpi_fixed.c hv/platform/firmware/acpi_console.c hv/platform/firmware/aml_s5.c hv/platform/firmware/common.c */
/* runs: 150000 */
#include "acpi_build.h"
#include "fuzz.h"
#include "machine_check.h"

#define DSDT 0x7fe8000u

static uint8_t dsdt[64];

/* Each table has a place in the input and one in memory. */
struct place {
    uint64_t at;
    uint32_t room;
    uint8_t *seed;
};

static const struct place places[] = {
    {RSDP, 36, rsdp}, {RSDT, 64, rsdt},  {XSDT, 96, xsdt}, {FADT, 244, fadt},
    {HPET, 56, hpet}, {MADT, 512, madt}, {DSDT, 64, dsdt},
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static void repair(uint8_t *bytes, size_t size, uint64_t at)
{
    uint32_t says = 0;

    if (at == RSDP && size == 36) {
        fix_sum(bytes, 20, 8);
        fix_sum(bytes, 36, 32);
        return;
    }
    if (at != RSDP && size >= 36)
        memcpy(&says, bytes + 4, 4);
    if (says >= 36 && says <= size)
        fix_sum(bytes, says, 9);
}

/* The first byte: which tables get a good checksum, so that what lies behind it is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[PLACES][512];
    struct input in = {data, size};
    uint8_t flags = input_byte(&in);

    phys_clear();
    for (unsigned i = 0; i < PLACES; i++) {
        size_t there = input_take(&in, bytes[i], places[i].room);
        if (flags >> i & 1)
            repair(bytes[i], there, places[i].at);
        phys_put(places[i].at, bytes[i], there);
    }
    acpi_read(flags & 0x80 ? 0 : RSDP, phys_look, &machine);
    check_machine(&machine);
    phys_clear();
    return 0;
}

static void build_seed(unsigned number)
{
    build();
    put32(fadt + 40, DSDT);
    put32(fadt + 64, 0x604);
    seal(fadt, fadt_size);
    head(dsdt, sizeof(dsdt), "DSDT");
    memcpy(dsdt + 36, "\x08_S5_\x12\x06\x04\x0a\x05\x00\x00\x00", 13);
    seal(dsdt, 49);
    if (number == 0)
        return;
    for (unsigned i = 0; i < 4; i++) {
        local_apic((uint8_t)i, (uint8_t)(3 - i), i % 2 ? 1 : 3);
        local_x2apic(i, 0x100 + i, 1);
    }
    static const uint8_t override[12] = {5, 12, 0, 0, 0, 0, 0, 0xfe, 0x10, 0, 0, 0};
    madt_entry(override, sizeof(override));
    if (number == 2)
        seal_rsdp(0);
}

size_t fuzz_seed(unsigned number, uint8_t *out)
{
    size_t at = 1;

    if (number > 2)
        return 0;
    build_seed(number);
    out[0] = 0x7f;
    for (unsigned i = 0; i < PLACES; i++) {
        memcpy(out + at, places[i].seed, places[i].room);
        at += places[i].room;
    }
    return at;
}
