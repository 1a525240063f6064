/* The end of a run. */
#ifndef PLATFORM_POWER_H
#define PLATFORM_POWER_H

#include <stdbool.h>

/* Under QEMU: isa-debug-exit at 0xf4 (0x10 for ok, 0x11 for fail); Bochs: its shutdown port. Returns where
 * there is none. */
void power_emulator_exit(bool ok);

#endif
