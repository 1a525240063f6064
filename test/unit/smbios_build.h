/* SMBIOS tables built by hand, for test_smbios.c and fuzz_smbios.c. */
#ifndef TEST_SMBIOS_BUILD_H
#define TEST_SMBIOS_BUILD_H

#include "phys.h"
#include "platform/firmware/smbios.h"

#define BIOS    0xf0000u
#define TABLE   0x7fed000u
#define SYSTEM  0x7fee000u /* UEFI's system table */
#define CONFIGS 0x7fef000u

static uint8_t bios[0x10000], table[2048], efi_system[120], configs[512];
static uint32_t table_size;

static inline void sum_to_zero(uint8_t *bytes, size_t size, size_t at)
{
    uint8_t sum = 0;

    bytes[at] = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[at] = (uint8_t)-sum;
}

/* `strings`: each with its zero, one after the other, `count` of them. */
static inline void structure(uint8_t type, const uint8_t *fields, uint8_t length, const char *strings,
                             unsigned count)
{
    uint8_t *at = table + table_size;

    at[0] = type;
    at[1] = (uint8_t)(4 + length);
    put16(at + 2, (uint16_t)table_size);
    if (length)
        memcpy(at + 4, fields, length);
    at += 4 + length;
    for (unsigned i = 0; i < count; i++) {
        size_t size = strlen(strings) + 1;

        memcpy(at, strings, size);
        at += size;
        strings += size;
    }
    if (count == 0)
        *at++ = 0;
    *at++ = 0;
    table_size = (uint32_t)(at - table);
}

static inline void entry_old(uint8_t *at, uint8_t length)
{
    memset(at, 0, 32);
    memcpy(at, "_SM_", 4);
    at[5] = length;
    at[6] = 2;
    memcpy(at + 16, "_DMI_", 5);
    put16(at + 22, (uint16_t)table_size);
    put32(at + 24, TABLE);
    sum_to_zero(at + 16, 15, 5);
    sum_to_zero(at, length, 4);
}

static inline void entry_new(uint8_t *at, uint64_t address)
{
    memset(at, 0, 24);
    memcpy(at, "_SM3_", 5);
    at[6] = 24;
    at[7] = 3;
    put32(at + 12, table_size);
    put64(at + 16, address);
    sum_to_zero(at, 24, 5);
}

static inline void the_end(void)
{
    structure(127, NULL, 0, "", 0);
}

static inline void nothing_yet(void)
{
    memset(bios, 0, sizeof(bios));
    memset(table, 0, sizeof(table));
    memset(efi_system, 0, sizeof(efi_system));
    memset(configs, 0, sizeof(configs));
    table_size = 0;
}

/* A machine as it should be. */
static inline void a_machine(void)
{
    structure(0, (const uint8_t[]){1, 2, 0, 0xe0, 3, 0}, 6,
              "Phoenix\0R1ET63WW (1.40)\0"
              "06/09/2023",
              3);
    structure(1, (const uint8_t[]){1, 2, 3, 4}, 4,
              "LENOVO\0"
              "20UAS0VX00\0ThinkPad\0PF-2\0",
              4);
    structure(2, (const uint8_t[]){1, 2, 0}, 3,
              "LENOVO\0"
              "20UAS0VX00-B",
              2);
    the_end();
}

/* UEFI's tables: `count` entries that nobody looks for, then those given (0: not there). */
static inline void efi_tables(bool wide, unsigned count, uint64_t old_at, uint64_t new_at)
{
    static const uint8_t new_guid[] = {0x44, 0x15, 0xfd, 0xf2, 0x94, 0x97, 0x2c, 0x4a,
                                       0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94};
    static const uint8_t old_guid[] = {0x31, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
                                       0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d};
    unsigned entry = wide ? 24 : 20, total = count;

    memset(configs, 0x5a, count * entry);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t at = i ? new_at : old_at;
        uint8_t *p = configs + total * entry;

        if (!at)
            continue;
        memcpy(p, i ? new_guid : old_guid, 16);
        if (wide)
            put64(p + 16, at);
        else
            put32(p + 16, (uint32_t)at);
        total++;
    }
    memcpy(efi_system, "IBI SYST", 8);
    if (wide) {
        put64(efi_system + 104, total);
        put64(efi_system + 112, CONFIGS);
    } else {
        put32(efi_system + 64, total);
        put32(efi_system + 68, CONFIGS);
    }
}

#endif
