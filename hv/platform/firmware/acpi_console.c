/*
 * Where firmware's own console is: the SPCR (Microsoft's Serial Port Console Redirection Table, 1.10), and
 * the DBG2 (Microsoft Debug Port Table 2).
 */
#include "platform/firmware/acpi_tables.h"

/* The SPCR's fields; PRECISE_BAUD and CLOCK_HZ came with later revisions. */
enum {
    SPCR_TYPE = 36,
    SPCR_BASE = 40,
    SPCR_BAUD = 58,
    SPCR_PCI_DEVICE_ID = 64,
    SPCR_PCI_VENDOR_ID = 66,
    SPCR_PCI_BUS = 68,
    SPCR_PCI_DEVICE = 69,
    SPCR_PCI_FUNCTION = 70,
    SPCR_PCI_SEGMENT = 75,
    SPCR_CLOCK_HZ = 76,
    SPCR_MIN = 80,
    SPCR_PRECISE_BAUD = 80,
};
enum { REVISION = 8, REVISION_CLOCK = 3, REVISION_PRECISE = 4, REVISION_TYPES = 2 };

/* The DBG2's, and those of one of its devices. */
enum { DBG2_DEVICES = 36, DBG2_COUNT = 40, DBG2_MIN = 44, DBG2_MOST_DEVICES = 64 };
enum { DEVICE_LENGTH = 1, DEVICE_PORT = 12, DEVICE_TYPE = 14, DEVICE_BASE = 18, DEVICE_MIN = 22 };

#define PORT_SERIAL 0x8000u
#define NO_PCI      0xffffu

/* The kinds of port that are 16550s (DBG2, table 3). The last has its stride in the address's bit width. */
enum { TYPE_16550 = 0x00, TYPE_16550_SUBSET = 0x01, TYPE_16550_BY_ADDRESS = 0x12 };

#define GAS_BITS   1u
#define GAS_ACCESS 3u
#define LEAST_PORT 0x100u /* below are the board's own devices */
#define MOST_PORT  (0x10000u - UART_REGISTERS)

/*
 * Takes where the registers are from a Generic Address Structure. As Linux does it: what access size says is
 * the distance of the registers too, and an access size of 0 is a byte. Returns NULL, or what is wrong.
 */
static const char *take_place(unsigned type, const uint8_t *address, struct uart_place *out)
{
    unsigned size = address[GAS_ACCESS], bytes = size ? 1u << (size < 5 ? size - 1 : 4) : 1;
    unsigned stride = type == TYPE_16550_BY_ADDRESS ? address[GAS_BITS] / 8u : bytes;

    out->address = le64(address + GAS_ADDRESS);
    if (out->address == 0)
        return "says that there is no console";
    if (type != TYPE_16550 && type != TYPE_16550_SUBSET && type != TYPE_16550_BY_ADDRESS)
        return "names a port that is no 16550";
    if (address[GAS_SPACE] == ACPI_IO) {
        *out = (struct uart_place){UART_PORTS, out->address, 1, 1, 0, UART_CLOCK_HZ};
        return out->address >= LEAST_PORT && out->address <= MOST_PORT ? NULL : "names a port that cannot be";
    }
    *out = (struct uart_place){UART_MEMORY, out->address, (uint8_t)stride, (uint8_t)bytes, 0, 0};
    if (address[GAS_SPACE] != ACPI_MEMORY)
        return "names a port that is neither in I/O nor in memory";
    if (bytes > 4 || stride < bytes || stride > 8 || stride % bytes || out->address % bytes ||
        out->address > PHYS_END - 4096)
        return "names a port that cannot be";
    return NULL;
}

/* Codes that are none of these, and 0, leave the rate as firmware set it. */
static uint32_t baud_of(uint8_t code)
{
    switch (code) {
    case 3: return 9600;
    case 4: return 19200;
    case 6: return 57600;
    case 7: return 115200;
    default: return 0;
    }
}

static struct acpi_pci pci_of(const uint8_t *table)
{
    struct acpi_pci pci = {
        .vendor = le16(table + SPCR_PCI_VENDOR_ID),
        .device = le16(table + SPCR_PCI_DEVICE_ID),
        .bus = table[SPCR_PCI_BUS],
        .slot = table[SPCR_PCI_DEVICE],
        .function = table[SPCR_PCI_FUNCTION],
    };

    pci.named = pci.device != NO_PCI && pci.vendor != NO_PCI && pci.device | pci.vendor;
    return pci;
}

void spcr_read(const uint8_t *table, uint32_t size, struct machine *out)
{
    struct acpi_console *console = &out->console;
    bool sixteen_450;

    if (size < SPCR_MIN) {
        out->bad_tables++;
        return;
    }
    *console = (struct acpi_console){.table = "SPCR", .pci = pci_of(table)};
    /* Revision 1 calls a 16450 type 1. */
    sixteen_450 = table[REVISION] < REVISION_TYPES && table[SPCR_TYPE] == 1;
    console->wrong =
        take_place(sixteen_450 ? TYPE_16550 : table[SPCR_TYPE], table + SPCR_BASE, &console->place);
    console->place.baud = baud_of(table[SPCR_BAUD]);
    if (table[REVISION] >= REVISION_CLOCK && le32(table + SPCR_CLOCK_HZ))
        console->place.clock_hz = le32(table + SPCR_CLOCK_HZ);
    if (table[REVISION] >= REVISION_PRECISE && size >= SPCR_PRECISE_BAUD + 4 &&
        le32(table + SPCR_PRECISE_BAUD))
        console->place.baud = le32(table + SPCR_PRECISE_BAUD);
    if (!console->wrong && console->pci.named &&
        (console->pci.slot > 31 || console->pci.function > 7 || table[SPCR_PCI_SEGMENT] != 0))
        console->wrong = "names a PCI device that cannot be";
}

/* Returns the first serial port among its devices; NULL: there is none. */
static const uint8_t *serial_device(const uint8_t *table, uint32_t size, uint32_t *length)
{
    uint32_t at = le32(table + DBG2_DEVICES), count = le32(table + DBG2_COUNT);

    for (uint32_t i = 0; i < count && i < DBG2_MOST_DEVICES; i++, at += *length) {
        if (at < DBG2_MIN || at > size || size - at < DEVICE_MIN)
            return NULL;
        *length = le16(table + at + DEVICE_LENGTH);
        if (*length < DEVICE_MIN || *length > size - at)
            return NULL;
        if (le16(table + at + DEVICE_PORT) == PORT_SERIAL)
            return table + at;
    }
    return NULL;
}

void dbg2_read(const uint8_t *table, uint32_t size, struct machine *out)
{
    const uint8_t *device;
    struct acpi_console console = {.table = "DBG2"};
    uint32_t length, base;

    if (out->console.table) /* the SPCR says where the console is, this where a debugger's port is */
        return;
    device = size >= DBG2_MIN ? serial_device(table, size, &length) : NULL;
    if (!device)
        return;
    base = le16(device + DEVICE_BASE);
    if (base > length || length - base < GAS_SIZE) {
        out->bad_tables++;
        return;
    }
    console.wrong = take_place(le16(device + DEVICE_TYPE), device + base, &console.place);
    out->console = console;
}
