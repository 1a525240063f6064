/* PCI's configuration space by its ports (PCI Local Bus Specification 3.0, 3.2.2.3.2). */
#ifndef PLATFORM_PCI_H
#define PLATFORM_PCI_H

#include <stdint.h>

#include "platform/firmware/acpi.h"

/* `at`: a multiple of 4 below 256. Where there is no device all ones are read. */
uint32_t pci_read(const struct acpi_pci *pci, unsigned at);
void pci_write(const struct acpi_pci *pci, unsigned at, uint32_t value);

#endif
