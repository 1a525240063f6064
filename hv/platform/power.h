/* The end of a run: off, on again, or out of the emulator. */
#ifndef PLATFORM_POWER_H
#define PLATFORM_POWER_H

#include <stdbool.h>

/* Under QEMU: isa-debug-exit at 0xf4 (0x10 for ok, 0x11 for fail); Bochs: its shutdown port. Returns where
 * there is none. */
void power_emulator_exit(bool ok);

/*
 * Each stops all other CPUs for ever, tries what the machine offers, each way with a line and a bounded wait,
 * and returns only if nothing worked: then this CPU is alone. Any CPU, any context.
 */
void power_off(void);
void power_reset(void);

#endif
