/* The end of a run: off, on again, or out of the emulator. */
#ifndef PLATFORM_POWER_H
#define PLATFORM_POWER_H

#include <stdbool.h>

#include "platform/firmware/acpi.h"

/*
 * Ends QEMU by isa-debug-exit at 0xf4 (0x10 for ok, 0x11 for fail), and Bochs by its shutdown port. Returns
 * where there is neither.
 */
void power_emulator_exit(bool ok);

/* Once, on the boot CPU: notes the machine's ways, and maps those of their registers that lie in memory. */
void power_init(const struct machine *machine);

/*
 * Both stop all other CPUs for ever; the boot CPU tries what the machine offers, each way with a line and a
 * bounded wait. On any CPU, in any context. If nothing works the machine stands still, and a line says so.
 * power_off returns, with a line, where ACPI names no way; then nothing has changed.
 */
void power_off(void);
_Noreturn void power_reset(void);

#endif
