/* PCI Local Bus Specification 3.0, 6.2 (header, command) and 6.2.5.1 (base addresses). */
#include "platform/pci_uart.h"

#include "platform/pci.h"

enum { IDS = 0x00, COMMAND = 0x04, HEADER = 0x0c, BASES = 0x10, BASE_COUNT = 6 };

#define COMMAND_IO     (1u << 0)
#define COMMAND_MEMORY (1u << 1)
#define COMMAND_MASK   0xffffu /* status in the upper half: ones written there clear it */
#define HEADER_KIND    (0x7fu << 16)
#define BASE_IO        (1u << 0)
#define BASE_WIDE      (1u << 2) /* 64 bits: the next one is its upper half */

/* A card with several ports has one base address for all of them. */
#define PORTS_REACH  64u
#define MEMORY_REACH 4096u

/*
 * Returns the base address that the place lies behind, of those in its space; else the first of them; 0: it
 * has none.
 */
static uint64_t base_for(const struct acpi_pci *pci, const struct uart_place *place)
{
    bool ports = place->space == UART_PORTS;
    uint64_t first = 0;

    for (unsigned i = 0; i < BASE_COUNT; i++) {
        uint32_t low = pci_read(pci, BASES + 4 * i);
        bool is_io = low & BASE_IO, wide = !is_io && low & BASE_WIDE && i + 1 < BASE_COUNT;
        uint64_t base = low & (is_io ? ~3u : ~15u);

        if (wide)
            base |= (uint64_t)pci_read(pci, BASES + 4 * ++i) << 32;
        if (is_io != ports || base == 0 || base > (ports ? 0xfff8ull : PHYS_END - MEMORY_REACH))
            continue;
        if (place->address >= base && place->address - base < (ports ? PORTS_REACH : MEMORY_REACH))
            return place->address;
        first = first ? first : base;
    }
    return first;
}

const char *pci_uart_find(const struct acpi_pci *pci, struct uart_place *place)
{
    uint32_t wanted = place->space == UART_PORTS ? COMMAND_IO : COMMAND_MEMORY, command;
    uint64_t address;

    if (pci_read(pci, IDS) != ((uint32_t)pci->device << 16 | pci->vendor))
        return "names a PCI device that is not there";
    if (pci_read(pci, HEADER) & HEADER_KIND)
        return "names a PCI bridge";
    address = base_for(pci, place);
    if (!address)
        return "names a PCI device without such registers";
    command = pci_read(pci, COMMAND);
    if (!(command & wanted))
        pci_write(pci, COMMAND, (command & COMMAND_MASK) | wanted);
    place->address = address;
    return NULL;
}
