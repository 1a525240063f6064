/* ACPI tables built by hand, for test_acpi.c and test_acpi_madt.c: build(), change, seal(), parse(). */
#ifndef TEST_ACPI_BUILD_H
#define TEST_ACPI_BUILD_H

#include "phys.h"
#include "platform/firmware/acpi.h"

/* Where the tables lie; each fills its region exactly, so that the view ends where it does. */
#define RSDP 0xf5ad0u
#define RSDT 0x7fe0000u
#define XSDT 0x7fe1000u
#define MADT 0x7fe2000u
#define FADT 0x7fe3000u
#define HPET 0x7fe4000u

#define SPCR 0x7fe5000u
#define DBG2 0x7fe6000u

static uint8_t rsdp[36], rsdt[256], xsdt[256], madt[4096], fadt[276], hpet[56], spcr[90], dbg2[90];
static uint32_t rsdt_size, xsdt_size, madt_size, fadt_size;
static struct machine machine;

static inline void sum_up(uint8_t *bytes, size_t size, size_t checksum_at)
{
    uint8_t sum = 0;
    bytes[checksum_at] = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[checksum_at] = (uint8_t)-sum;
}

static inline void seal(uint8_t *table, uint32_t size)
{
    put32(table + 4, size);
    sum_up(table, size, 9);
}

static inline void head(uint8_t *table, size_t room, const char *signature)
{
    memset(table, 0, room);
    memcpy(table, signature, 4);
}

static inline void seal_rsdp(uint8_t revision)
{
    rsdp[15] = revision;
    sum_up(rsdp, 20, 8);
    sum_up(rsdp, 36, 32);
}

static inline void madt_entry(const void *bytes, size_t size)
{
    memcpy(madt + madt_size, bytes, size);
    madt_size += (uint32_t)size;
    seal(madt, madt_size);
}

static inline void local_apic(uint8_t acpi_id, uint8_t apic_id, uint32_t flags)
{
    uint8_t entry[8] = {0, 8, acpi_id, apic_id};
    put32(entry + 4, flags);
    madt_entry(entry, 8);
}

static inline void local_x2apic(uint32_t acpi_id, uint32_t apic_id, uint32_t flags)
{
    uint8_t entry[16] = {9, 16};
    put32(entry + 4, apic_id);
    put32(entry + 8, flags);
    put32(entry + 12, acpi_id);
    madt_entry(entry, 16);
}

static inline void build_root(void)
{
    static const uint32_t tables[] = {FADT, MADT, HPET};
    head(rsdt, sizeof(rsdt), "RSDT");
    head(xsdt, sizeof(xsdt), "XSDT");
    for (unsigned i = 0; i < 3; i++) {
        put32(rsdt + 36 + 4 * i, tables[i]);
        put64(xsdt + 36 + 8 * i, tables[i]);
    }
    seal(rsdt, rsdt_size = 36 + 12);
    seal(xsdt, xsdt_size = 36 + 24);

    memset(rsdp, 0, sizeof(rsdp));
    memcpy(rsdp, "RSD PTR ", 8);
    put32(rsdp + 16, RSDT);
    put32(rsdp + 20, 36);
    put64(rsdp + 24, XSDT);
    seal_rsdp(2);
}

/* In no root, as most machines have none: a SPCR that names COM2 at 115200 baud, a DBG2 that names COM3. */
static inline void build_consoles(void)
{
    head(spcr, sizeof(spcr), "SPCR");
    spcr[8] = 4;
    memcpy(spcr + 40, (const uint8_t[]){1, 8, 0, 1}, 4);
    put64(spcr + 44, 0x2f8);
    spcr[58] = 7;
    put32(spcr + 64, 0xffffffff);
    seal(spcr, sizeof(spcr));

    head(dbg2, sizeof(dbg2), "DBG2");
    put32(dbg2 + 36, 44);
    put32(dbg2 + 40, 1);
    put16(dbg2 + 44 + 1, 46);
    put16(dbg2 + 44 + 12, 0x8000);
    put16(dbg2 + 44 + 18, 22);
    memcpy(dbg2 + 44 + 22, (const uint8_t[]){1, 8, 0, 1}, 4);
    put64(dbg2 + 44 + 26, 0x3e8);
    seal(dbg2, sizeof(dbg2));
}

static inline void build(void)
{
    build_root();
    head(madt, sizeof(madt), "APIC");
    put32(madt + 36, 0xfee00000);
    seal(madt, madt_size = 44);

    head(fadt, sizeof(fadt), "FACP");
    put32(fadt + 76, 0x608);
    fadt[91] = 4;
    fadt[108] = 0x32;
    seal(fadt, fadt_size = 244);

    head(hpet, sizeof(hpet), "HPET");
    put64(hpet + 44, 0xfed00000);
    seal(hpet, 56);
    build_consoles();
}

static inline void place(void)
{
    phys_clear();
    phys_put(RSDP, rsdp, sizeof(rsdp));
    phys_put(RSDT, rsdt, rsdt_size);
    phys_put(XSDT, xsdt, xsdt_size);
    phys_put(MADT, madt, madt_size);
    phys_put(FADT, fadt, fadt_size);
    phys_put(HPET, hpet, sizeof(hpet));
    phys_put(SPCR, spcr, sizeof(spcr));
    phys_put(DBG2, dbg2, sizeof(dbg2));
}

static inline void parse(void)
{
    place();
    acpi_read(RSDP, phys_look, &machine);
}

#endif
