/* The FADT once more (ACPI 6.4, 5.2.9): how the machine is switched off and reset. */
#include "platform/acpi_tables.h"
#include "platform/bytes.h"

/* Where the FADT has them: the ports of ACPI 1.0, and what takes their place in later ones. */
enum {
    DSDT = 40,
    SMI_CMD = 48,
    ACPI_ENABLE = 52,
    PM1A_EVT_BLK = 56,
    PM1B_EVT_BLK = 60,
    PM1A_CNT_BLK = 64,
    PM1B_CNT_BLK = 68,
    PM1_EVT_LEN = 88,
    FLAGS = 112,
    RESET_REG = 116,
    RESET_VALUE = 128,
    X_DSDT = 140,
    X_PM1A_EVT_BLK = 148,
    X_PM1B_EVT_BLK = 160,
    X_PM1A_CNT_BLK = 172,
    X_PM1B_CNT_BLK = 184,
    SLEEP_CONTROL_REG = 244,
};

#define RESET_REG_SUP (1u << 10)

static const struct acpi_register none = {0};

/* The register at `at`, none where the table ends before it or the address cannot be. */
static struct acpi_register generic(const uint8_t *table, uint32_t size, uint32_t at)
{
    if (size < at + GAS_SIZE)
        return none;
    struct acpi_register reg = {table[at], le64(table + at + 4)};
    bool sound = reg.space == ACPI_IO       ? reg.address <= 0xfffc
                 : reg.space == ACPI_MEMORY ? reg.address <= PHYS_END - 4096
                                            : false;
    return sound ? reg : none;
}

/* A PM1 block: the later field where it is filled in, else the port of ACPI 1.0. */
static struct acpi_register block(const uint8_t *table, uint32_t size, uint32_t at, uint32_t later)
{
    struct acpi_register reg = generic(table, size, later);
    uint32_t port = le32(table + at);
    if (reg.address == 0 && port <= 0xfffc)
        reg = (struct acpi_register){ACPI_IO, port};
    return reg;
}

/* 4.8.3.6: a byte, in I/O, memory or the configuration space of a device on bus 0. */
static struct acpi_register reset_register(const uint8_t *table, uint32_t size)
{
    if (size <= RESET_VALUE || !(le32(table + FLAGS) & RESET_REG_SUP))
        return none;
    if (table[RESET_REG] != ACPI_PCI)
        return generic(table, size, RESET_REG);
    /* 5.2.3.2, table 5-2: device, function and offset in the three lowest words. */
    uint64_t address = le64(table + RESET_REG + 4);
    bool sound = address >> 32 < 32 && (address >> 16 & 0xffff) < 8 && (address & 0xffff) < 256;
    return sound ? (struct acpi_register){ACPI_PCI, address} : none;
}

static void read_pm1(const uint8_t *table, uint32_t size, struct acpi_power *power)
{
    uint32_t smi = le32(table + SMI_CMD);

    power->pm1a_control = block(table, size, PM1A_CNT_BLK, X_PM1A_CNT_BLK);
    power->pm1b_control = block(table, size, PM1B_CNT_BLK, X_PM1B_CNT_BLK);
    power->pm1a_event = block(table, size, PM1A_EVT_BLK, X_PM1A_EVT_BLK);
    power->pm1b_event = block(table, size, PM1B_EVT_BLK, X_PM1B_EVT_BLK);
    power->event_bytes = table[PM1_EVT_LEN];
    power->smi_port = smi <= 0xffff ? (uint16_t)smi : 0;
    power->enable_value = table[ACPI_ENABLE];
    power->can_sleep = power->pm1a_control.address != 0;
}

void fadt_read_power(const uint8_t *table, uint32_t size, struct machine *out)
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
