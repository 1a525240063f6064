/* A UART on PCI that firmware names: where its registers are now. */
#ifndef PLATFORM_PCI_UART_H
#define PLATFORM_PCI_UART_H

#include "platform/firmware/acpi.h"

/*
 * Finds the named device, lets it answer in the place's space, and corrects the place's address where none of
 * its base addresses leads there. Returns NULL, or what is wrong, as a sentence's end. On the boot CPU,
 * before others run.
 */
const char *pci_uart_find(const struct acpi_pci *pci, struct uart_place *place);

#endif
