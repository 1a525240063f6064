/* The FADT (ACPI 6.4, 5.2.9) and the HPET's table (IA-PC HPET 1.0a, 3.2.4): where the timers are. */
#include "platform/firmware/acpi_tables.h"
#include "platform/firmware/bytes.h"

#define FADT_X_PM_TMR_BLK 208u
#define HPET_MIN          56u

static uint16_t port_of(uint64_t address)
{
    return address <= 0xffff - 3 ? (uint16_t)address : 0;
}

/* 5.2.9: X_PM_TMR_BLK, where it is filled in, takes the place of PM_TMR_BLK; we can only use I/O ports. */
static uint16_t pmtimer_port(const uint8_t *table, uint32_t size)
{
    if (size >= FADT_X_PM_TMR_BLK + GAS_SIZE) {
        const uint8_t *block = table + FADT_X_PM_TMR_BLK;
        uint16_t port = block[0] == ACPI_IO ? port_of(le64(block + 4)) : 0;
        if (port)
            return port;
    }
    return table[91] == 4 ? port_of(le32(table + 76)) : 0; /* PM_TMR_LEN is 4, or 0 where there is none */
}

void fadt_read(const uint8_t *table, uint32_t size, struct machine *out)
{
    if (size < FADT_MIN) {
        out->bad_tables++;
        return;
    }
    uint32_t flags = le32(table + 112);
    out->pmtimer_port = flags & FADT_HW_REDUCED ? 0 : pmtimer_port(table, size);
    /* CMOS has 128 bytes in its first bank; the clock itself takes the first 14. */
    uint8_t century = table[108];
    out->century_register = century >= 14 && century < 128 ? century : 0;
    fadt_read_power(table, size, out);
}

void hpet_table_read(const uint8_t *table, uint32_t size, struct machine *out)
{
    uint64_t base = size >= HPET_MIN ? le64(table + 44) : 0;
    bool sound = base != 0 && base % 8 == 0 && base <= PHYS_END - 0x400 && table[40] == ACPI_MEMORY;
    if (sound)
        out->hpet_base = base;
    else
        out->bad_tables++;
}
