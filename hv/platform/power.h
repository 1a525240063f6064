/* The end of a run: off, on again, or out of the emulator. */
#ifndef PLATFORM_POWER_H
#define PLATFORM_POWER_H

#include <stdbool.h>

#include "platform/firmware/acpi.h"

/* Under QEMU: isa-debug-exit at 0xf4 (0x10 for ok, 0x11 for fail); Bochs: its shutdown port. Returns where
 * there is none. */
void power_emulator_exit(bool ok);

/* Once, on the boot CPU: takes note of the machine's ways, and maps what lies in memory. */
void power_init(const struct machine *machine);

/*
 * All other CPUs stop for ever, and the boot CPU tries what the machine offers, each way with a line and a
 * bounded wait. Any CPU, any context. If nothing works the machine stands still, with a line that says so.
 * power_off: returns, with a line, where ACPI names no way; everything is as it was then.
 */
void power_off(void);
_Noreturn void power_reset(void);

#endif
