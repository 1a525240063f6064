/* What a machine's AML says of S5, "soft off" (ACPI 6.4, 7.4.2 and 20.2). Pure. */
#ifndef PLATFORM_AML_S5_H
#define PLATFORM_AML_S5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Looks through `size` bytes of AML (a table without its header) for Name(_S5_, Package{...}) of plain
 * numbers, which is what firmware has; nothing is interpreted. Writes the values of SLP_TYP, 0..7, for PM1a
 * and PM1b. Returns false, and writes nothing, where there is no such package.
 */
bool aml_s5(const uint8_t *aml, size_t size, uint8_t sleep_type[2]);

#endif
