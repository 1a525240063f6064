/* Which CPUs there are, where ACPI does not say: Intel MultiProcessor Specification 1.4, chapter 4. Pure. */
#ifndef PLATFORM_MPTABLE_H
#define PLATFORM_MPTABLE_H

#include "platform/firmware/acpi.h"

/*
 * Searches the EBDA, or the last KiB of base memory where there is none, then 0xf0000..0xfffff. True: at
 * least one CPU was found, and the CPUs and lapic_base are the MP table's, in the place of what ACPI said;
 * source is "mptable". False: nothing is changed but bad_tables. Refused tables are counted there either way.
 */
bool mptable_read(phys_view view, struct machine *out);

#endif
