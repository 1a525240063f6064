/*
 * Where the log goes: to the port that the command line names, else ACPI's SPCR, else its DBG2, else COM1,
 * else COM2.
 */
#ifndef CHOOSE_PORT_H
#define CHOOSE_PORT_H

#include "platform/firmware/acpi.h"
#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"

/*
 * Each moves the log to such a port if that answers, and says so; says why not otherwise. All on the boot
 * CPU, before others run. What the command line names among ports is tried at once, what it names in memory
 * once that can be mapped; what ACPI names only where the command line's did not answer, or was not given.
 */
void choose_port_early(const struct options *options);
void choose_port(const struct boot_info *boot, const struct options *options, const struct machine *machine);

#endif
