/*
 * The FADT (ACPI 6.4, 5.2.9): where the PM timer is, and how the machine is switched off and reset. And the
 * HPET's table (IA-PC HPET 1.0a, 3.2.4).
 */
#include "platform/firmware/acpi_tables.h"
#include "platform/bytes.h"

/* Where the FADT has them: the ports of ACPI 1.0, and what takes their place in later ones. */
enum {
    DSDT = 40,
    SMI_CMD = 48,
    ACPI_ENABLE = 52,
    PM1_EVT_BLK = 56, /* PM1a's; PM1b's behind it */
    PM1_CNT_BLK = 64,
    PM_TMR_BLK = 76,
    PM1_EVT_LEN = 88,
    PM_TMR_LEN = 91,
    CENTURY = 108,
    FLAGS = 112,
    RESET_REG = 116,
    RESET_VALUE = 128,
    X_DSDT = 140,
    X_PM1_EVT_BLK = 148,
    X_PM1_CNT_BLK = 172,
    X_PM_TMR_BLK = 208,
    SLEEP_CONTROL_REG = 244,
};

/* IA-PC HPET 1.0a, 3.2.4: a Generic Address Structure. */
enum { HPET_BASE = 40, HPET_MIN = 56 };
#define HPET_BYTES 0x400u

#define RESET_REG_SUP (1u << 10)
#define MOST_PORT     0xfffcu

static uint16_t port_of(uint64_t address)
{
    return address <= 0xffff - 3 ? (uint16_t)address : 0;
}

/* 5.2.9: X_PM_TMR_BLK, where it is filled in, takes the place of PM_TMR_BLK; we can only use I/O ports. */
static uint16_t pmtimer_port(const uint8_t *table, uint32_t size)
{
    if (size >= X_PM_TMR_BLK + GAS_SIZE) {
        const uint8_t *block = table + X_PM_TMR_BLK;
        uint16_t port = block[GAS_SPACE] == ACPI_IO ? port_of(le64(block + GAS_ADDRESS)) : 0;

        if (port)
            return port;
    }
    /* PM_TMR_LEN is 4, or 0 where there is none. */
    return table[PM_TMR_LEN] == 4 ? port_of(le32(table + PM_TMR_BLK)) : 0;
}

static const struct acpi_register none = {0};

/* Returns the register at `at`; none where the table ends before it, or the address cannot be. */
static struct acpi_register generic(const uint8_t *table, uint32_t size, uint32_t at)
{
    struct acpi_register reg;
    bool sound;

    if (size < at + GAS_SIZE)
        return none;
    reg = (struct acpi_register){table[at + GAS_SPACE], le64(table + at + GAS_ADDRESS)};
    sound = reg.space == ACPI_IO       ? reg.address <= MOST_PORT
            : reg.space == ACPI_MEMORY ? reg.address <= PHYS_END - 4096
                                       : false;
    return sound ? reg : none;
}

/* Returns a PM1 block's port, by the later field if it is filled in, else by that of ACPI 1.0; 0: none. */
static uint16_t block(const uint8_t *table, uint32_t size, uint32_t at, uint32_t later)
{
    struct acpi_register reg = generic(table, size, later);
    uint32_t port = reg.space == ACPI_IO && reg.address ? (uint32_t)reg.address : le32(table + at);

    return port <= MOST_PORT ? (uint16_t)port : 0;
}

/* 4.8.3.6: a byte, in I/O, memory or the configuration space of a device on bus 0. */
static struct acpi_register reset_register(const uint8_t *table, uint32_t size)
{
    uint64_t address;
    bool sound;

    if (size <= RESET_VALUE || !(le32(table + FLAGS) & RESET_REG_SUP))
        return none;
    if (table[RESET_REG + GAS_SPACE] != ACPI_PCI)
        return generic(table, size, RESET_REG);
    /* 5.2.3.2, table 5-2: device, function and offset in the three lowest words. */
    address = le64(table + RESET_REG + GAS_ADDRESS);
    sound = address >> 32 < 32 && (address >> 16 & 0xffff) < 8 && (address & 0xffff) < 256;
    return sound ? (struct acpi_register){ACPI_PCI, address} : none;
}

static void read_pm1(const uint8_t *table, uint32_t size, struct acpi_power *power)
{
    uint32_t smi = le32(table + SMI_CMD);

    for (unsigned i = 0; i < 2; i++) {
        power->pm1_control[i] = block(table, size, PM1_CNT_BLK + 4 * i, X_PM1_CNT_BLK + GAS_SIZE * i);
        power->pm1_event[i] = block(table, size, PM1_EVT_BLK + 4 * i, X_PM1_EVT_BLK + GAS_SIZE * i);
    }
    power->event_bytes = table[PM1_EVT_LEN];
    power->smi_port = smi <= 0xffff ? (uint16_t)smi : 0;
    power->enable_value = table[ACPI_ENABLE];
    power->can_sleep = power->pm1_control[0] != 0;
}

static void fadt_read_power(const uint8_t *table, uint32_t size, struct machine *out)
{
    struct acpi_power *power = &out->power;

    *power = (struct acpi_power){0};
    power->reduced = le32(table + FLAGS) & FADT_HW_REDUCED;
    if (power->reduced) {
        power->sleep = generic(table, size, SLEEP_CONTROL_REG);
        power->can_sleep = power->sleep.address != 0;
    } else {
        read_pm1(table, size, power);
    }
    power->reset = reset_register(table, size);
    power->reset_value = size > RESET_VALUE ? table[RESET_VALUE] : 0;
    out->dsdt = size >= X_DSDT + 8 ? le64(table + X_DSDT) : 0;
    if (out->dsdt == 0)
        out->dsdt = le32(table + DSDT);
}

void fadt_read(const uint8_t *table, uint32_t size, struct machine *out)
{
    uint8_t century;
    uint32_t flags;

    if (size < FADT_MIN) {
        out->bad_tables++;
        return;
    }
    flags = le32(table + FLAGS);
    out->pmtimer_port = flags & FADT_HW_REDUCED ? 0 : pmtimer_port(table, size);
    /* CMOS has 128 bytes in its first bank; the clock itself takes the first 14. */
    century = table[CENTURY];
    out->century_register = century >= 14 && century < 128 ? century : 0;
    fadt_read_power(table, size, out);
}

void hpet_table_read(const uint8_t *table, uint32_t size, struct machine *out)
{
    uint64_t base = size >= HPET_MIN ? le64(table + HPET_BASE + GAS_ADDRESS) : 0;
    bool sound = base != 0 && base % 8 == 0 && base <= PHYS_END - HPET_BYTES &&
                 table[HPET_BASE + GAS_SPACE] == ACPI_MEMORY;

    if (sound)
        out->hpet_base = base;
    else
        out->bad_tables++;
}
