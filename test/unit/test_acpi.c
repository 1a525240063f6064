/* sources: hv/platform/firmware/acpi.c hv/platform/firmware/acpi_madt.c hv/platform/firmware/acpi_fixed.c hv/platform/firmware/acpi_console.c hv/platform/firmware/aml_s5.c hv/platform/firmware/common.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "acpi_build.h"

static void whole(void **state)
{
    (void)state;
    build();
    local_apic(0, 0, 1);
    local_apic(1, 2, 1);
    parse();
    assert_string_equal(machine.source, "acpi");
    assert_int_equal(machine.cpu_count, 2);
    assert_int_equal(machine.cpus[1].apic_id, 2);
    assert_int_equal(machine.cpus[1].acpi_id, 1);
    assert_int_equal(machine.cpus_no, 0);
    assert_int_equal(machine.lapic_base, 0xfee00000);
    assert_int_equal(machine.pmtimer_port, 0x608);
    assert_int_equal(machine.hpet_base, 0xfed00000);
    assert_int_equal(machine.century_register, 0x32);
    assert_int_equal(machine.bad_tables, 0);
}

static void version_0_has_only_the_rsdt(void **state)
{
    (void)state;
    build();
    put64(rsdp + 24, 0xdead000); /* not part of it */
    seal_rsdp(0);
    place();
    phys_region_count = 0;
    phys_put(RSDP, rsdp, 20); /* and no byte more is looked at */
    phys_put(RSDT, rsdt, rsdt_size);
    phys_put(HPET, hpet, sizeof(hpet));
    phys_put(FADT, fadt, fadt_size);
    phys_put(MADT, madt, madt_size);
    acpi_read(RSDP, phys_look, &machine);
    assert_string_equal(machine.source, "acpi");
    assert_int_equal(machine.hpet_base, 0xfed00000);
    assert_int_equal(machine.bad_tables, 0);
}

static void bad_xsdt_leaves_the_rsdt(void **state)
{
    (void)state;
    build();
    xsdt[40]++;
    parse();
    assert_int_equal(machine.hpet_base, 0xfed00000);
    assert_int_equal(machine.bad_tables, 1);

    build();
    rsdp[33]++; /* only the extended checksum covers it */
    parse();
    assert_int_equal(machine.hpet_base, 0xfed00000);
    assert_int_equal(machine.bad_tables, 1);

    build();
    xsdt[40]++;
    rsdt[40]++;
    parse();
    assert_string_equal(machine.source, "none");
    assert_int_equal(machine.hpet_base, 0);
    assert_int_equal(machine.bad_tables, 2);
}

static void bad_rsdp(void **state)
{
    (void)state;
    build();
    rsdp[9]++;
    parse();
    assert_string_equal(machine.source, "none");
    assert_int_equal(machine.cpu_count, 0);
    assert_int_equal(machine.bad_tables, 1);
    phys_clear();
    acpi_read(RSDP, phys_look, &machine);
    assert_string_equal(machine.source, "none");
    acpi_read(UINT64_MAX - 3, phys_look, &machine);
    assert_string_equal(machine.source, "none");
}

static void bad_tables_are_skipped(void **state)
{
    (void)state;
    build();
    local_apic(0, 0, 1);
    hpet[50]++;
    fadt[4] = 8; /* its length: less than a header */
    parse();
    assert_int_equal(machine.cpu_count, 1);
    assert_int_equal(machine.hpet_base, 0);
    assert_int_equal(machine.pmtimer_port, 0);
    assert_int_equal(machine.bad_tables, 2);

    build();
    put32(madt + 4, 0x200000);
    put32(hpet + 4, 57); /* one byte over the edge of what can be viewed */
    parse();
    assert_int_equal(machine.lapic_base, 0);
    assert_int_equal(machine.hpet_base, 0);
    assert_int_equal(machine.pmtimer_port, 0x608);
    assert_int_equal(machine.bad_tables, 2);

    build();
    put64(xsdt + 36, 0); /* firmware with an empty entry */
    put64(xsdt + 44, UINT64_MAX - 8);
    seal(xsdt, xsdt_size);
    parse();
    assert_int_equal(machine.hpet_base, 0xfed00000);
    assert_int_equal(machine.bad_tables, 2);
}

static void too_short_for_their_kind(void **state)
{
    (void)state;
    build();
    seal(madt, madt_size = 43);
    seal(fadt, fadt_size = 115);
    parse();
    assert_int_equal(machine.lapic_base, 0);
    assert_int_equal(machine.pmtimer_port, 0);
    assert_int_equal(machine.bad_tables, 2);
}

static void two_of_a_kind(void **state)
{
    (void)state;
    build();
    put64(xsdt + 60, HPET + 0x1000);
    seal(xsdt, xsdt_size = 68);
    static uint8_t second[56];
    memcpy(second, hpet, sizeof(hpet));
    put64(second + 44, 0xfed10000);
    seal(second, 56);
    place();
    phys_put(HPET + 0x1000, second, sizeof(second));
    acpi_read(RSDP, phys_look, &machine);
    assert_int_equal(machine.hpet_base, 0xfed00000); /* the first */

    hpet[50]++;
    place();
    phys_put(HPET + 0x1000, second, sizeof(second));
    acpi_read(RSDP, phys_look, &machine);
    assert_int_equal(machine.hpet_base, 0xfed10000); /* the first whole one */
    assert_int_equal(machine.bad_tables, 1);
}

static void fadt_timer(uint32_t port, uint8_t length, uint32_t flags, uint8_t space, uint64_t x_port,
                       uint32_t size)
{
    build();
    put32(fadt + 76, port);
    fadt[91] = length;
    put32(fadt + 112, flags);
    fadt[208] = space;
    put64(fadt + 212, x_port);
    seal(fadt, fadt_size = size);
    parse();
}

static void pm_timers(void **state)
{
    (void)state;
    fadt_timer(0xb008, 4, 1u << 8, 0, 0, 116); /* ACPI 1.0's length */
    assert_int_equal(machine.pmtimer_port, 0xb008);
    fadt_timer(0x608, 4, 0, 1, 0x1808, 276);
    assert_int_equal(machine.pmtimer_port, 0x1808);
    fadt_timer(0x608, 4, 0, 1, 0x1808, 219); /* the extended field is cut off */
    assert_int_equal(machine.pmtimer_port, 0x608);
    fadt_timer(0x608, 4, 0, 0, 0xfed80000, 244); /* the extended one is in memory */
    assert_int_equal(machine.pmtimer_port, 0x608);
    fadt_timer(0x608, 4, 0, 1, 0x10608, 244);
    assert_int_equal(machine.pmtimer_port, 0x608);
    fadt_timer(0, 0, 1u << 8, 0, 0, 244);
    assert_int_equal(machine.pmtimer_port, 0);
    fadt_timer(0x608, 0, 0, 0, 0, 244); /* its length says that there is none */
    assert_int_equal(machine.pmtimer_port, 0);
    fadt_timer(0x10608, 4, 0, 0, 0, 244);
    assert_int_equal(machine.pmtimer_port, 0);
    fadt_timer(0xfffd, 4, 0, 0, 0, 244); /* four bytes do not fit */
    assert_int_equal(machine.pmtimer_port, 0);
    fadt_timer(0x608, 4, 1u << 20, 1, 0x608, 244); /* hardware-reduced */
    assert_int_equal(machine.pmtimer_port, 0);
}

static void century_registers(void **state)
{
    (void)state;
    static const uint8_t bad[] = {0, 9, 13, 128, 255};
    for (unsigned i = 0; i < sizeof(bad); i++) {
        build();
        fadt[108] = bad[i];
        seal(fadt, fadt_size);
        parse();
        assert_int_equal(machine.century_register, 0);
    }
}

static void hpet_bases(void **state)
{
    (void)state;
    static const struct {
        uint64_t base;
        uint8_t space;
    } bad[] = {{0, 0}, {0xfed00004, 0}, {0xfed00000, 1}, {0xfffffffffffffff8ull, 0}, {1ull << 52, 0}};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        build();
        hpet[40] = bad[i].space;
        put64(hpet + 44, bad[i].base);
        seal(hpet, 56);
        parse();
        assert_int_equal(machine.hpet_base, 0);
        assert_int_equal(machine.bad_tables, 1);
    }
}

/* With no address given the BIOS's places are searched. */
static void search(void **state)
{
    (void)state;
    static uint8_t bios[0x20000], ebda[0x400], segment[2];
    build();
    memset(bios, 0, sizeof(bios));
    memcpy(bios + 0x100, "RSD PTR ", 8); /* a decoy with a bad checksum */
    bios[0x108] = 1;
    memcpy(bios + sizeof(bios) - 32, rsdp, 32); /* its last 4 bytes are beyond the area */
    place();
    phys_put(0xe0000, bios, sizeof(bios));
    acpi_read(0, phys_look, &machine);
    assert_string_equal(machine.source, "acpi");
    assert_int_equal(machine.hpet_base, 0xfed00000);
    assert_int_equal(machine.bad_tables, 1); /* revision 2 could not be read to its end */

    memset(bios, 0, sizeof(bios));
    memcpy(bios + sizeof(bios) - 16, rsdp, 16); /* too little of it for even the first version */
    place();
    phys_put(0xe0000, bios, sizeof(bios));
    acpi_read(0, phys_look, &machine);
    assert_string_equal(machine.source, "none");

    memset(bios, 0, sizeof(bios));
    put16(segment, 0x9fc0);
    memcpy(ebda + 0x3c0, rsdp, 36);
    place();
    phys_put(0x40e, segment, 2);
    phys_put(0x9fc00, ebda, sizeof(ebda));
    phys_put(0xe0000, bios, sizeof(bios));
    acpi_read(0, phys_look, &machine);
    assert_string_equal(machine.source, "acpi");
    assert_int_equal(machine.bad_tables, 0);
    acpi_read(RSDP + 16, phys_look, &machine); /* a wrong address is counted, and then searched for */
    assert_string_equal(machine.source, "acpi");
    assert_int_equal(machine.bad_tables, 1);

    put16(segment, 0xffff);
    place();
    phys_put(0x40e, segment, 2);
    phys_put(0xe0000, bios, sizeof(bios));
    acpi_read(0, phys_look, &machine);
    assert_string_equal(machine.source, "none");
}

static void endless_root(void **state)
{
    (void)state;
    static uint8_t huge[36 + 4 * 1000];
    build();
    head(huge, sizeof(huge), "RSDT");
    for (unsigned i = 0; i < 1000; i++)
        put32(huge + 36 + 4 * i, i == 255 ? FADT : i == 256 ? HPET : MADT);
    seal(huge, sizeof(huge));
    seal_rsdp(0);
    place();
    phys_put(RSDT, huge, sizeof(huge));
    acpi_read(RSDP, phys_look, &machine);
    assert_int_equal(machine.pmtimer_port, 0x608);
    assert_int_equal(machine.hpet_base, 0); /* beyond what is looked at */
    assert_int_equal(machine.bad_tables, 1);
}

/* Mutated tables, half of them with their checksums made good again so that what is behind is reached. */
static void hostile_bytes(void **state)
{
    (void)state;
    struct {
        uint8_t *bytes;
        uint32_t *size;
    } tables[] = {{madt, &madt_size}, {fadt, &fadt_size}, {rsdt, &rsdt_size}, {xsdt, &xsdt_size}};
    struct random random = {8};
    unsigned found = 0, bad = 0;
    for (unsigned i = 0; i < 100000; i++) {
        build();
        for (unsigned cpu = 0; cpu < 4; cpu++)
            local_apic((uint8_t)cpu, (uint8_t)cpu, 1);
        local_x2apic(9, 0x1000, 1);
        unsigned which = random_next(&random) % 6;
        if (which < 4) {
            mutate(tables[which].bytes, *tables[which].size, &random);
            if (i & 1)
                seal(tables[which].bytes, *tables[which].size);
        } else if (which == 4) {
            mutate(hpet, sizeof(hpet), &random);
            if (i & 1)
                seal(hpet, sizeof(hpet));
        } else {
            mutate(rsdp, sizeof(rsdp), &random);
            if (i & 1)
                seal_rsdp(rsdp[15]);
        }
        parse();
        found += machine.cpu_count > 0;
        bad += machine.bad_tables > 0;
        assert_true(machine.cpu_count <= MACHINE_MAX_CPUS);
        assert_true(machine.hpet_base % 8 == 0 && machine.hpet_base < 1ull << 52);
        for (unsigned a = 0; a < machine.cpu_count; a++)
            for (unsigned b = 0; b < a; b++)
                assert_int_not_equal(machine.cpus[a].apic_id, machine.cpus[b].apic_id);
    }
    assert_in_range(found, 30000, 99000);
    assert_in_range(bad, 30000, 99000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(version_0_has_only_the_rsdt),
        cmocka_unit_test(bad_xsdt_leaves_the_rsdt),
        cmocka_unit_test(bad_rsdp),
        cmocka_unit_test(bad_tables_are_skipped),
        cmocka_unit_test(too_short_for_their_kind),
        cmocka_unit_test(two_of_a_kind),
        cmocka_unit_test(pm_timers),
        cmocka_unit_test(century_registers),
        cmocka_unit_test(hpet_bases),
        cmocka_unit_test(search),
        cmocka_unit_test(endless_root),
        cmocka_unit_test(hostile_bytes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    phys_clear();
    return failed;
}
