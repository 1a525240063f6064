#include "platform/pci.h"

#include "cpu/instructions.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  (1u << 31)

/* On the boot CPU alone, before others run: two writes name one register. */
static void name_register(const struct acpi_pci *pci, unsigned at)
{
    outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)pci->bus << 16 | (pci->slot & 31u) << 11 |
                             (pci->function & 7u) << 8 | (at & 0xfcu));
}

uint32_t pci_read(const struct acpi_pci *pci, unsigned at)
{
    name_register(pci, at);
    return inl(CONFIG_DATA);
}

void pci_write(const struct acpi_pci *pci, unsigned at, uint32_t value)
{
    name_register(pci, at);
    outl(CONFIG_DATA, value);
}
