/* Which CPUs there are, where ACPI does not say: Intel MultiProcessor Specification 1.4, chapter 4. Pure. */
#ifndef PLATFORM_MPTABLE_H
#define PLATFORM_MPTABLE_H

#include "platform/firmware/acpi.h"

/*
 * Searches the EBDA, or the last KiB of base memory where there is none, then 0xf0000..0xfffff. Returns true
 * if at least one CPU was found: then the CPUs and lapic_base are the MP table's, instead of what ACPI said,
 * and source is "mptable". Else changes nothing but bad_tables. Refused tables are counted there either way.
 */
bool mptable_read(phys_view view, struct machine *out);

#endif
