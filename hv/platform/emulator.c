/* The way out of an emulator. */
#include <stddef.h>
#include <stdint.h>

#include "cpu/instructions.h"
#include "platform/power.h"

#define ISA_DEBUG_EXIT 0xf4 /* no device of a PC answers there */
#define DEBUG_CONSOLE  0xe9 /* Bochs's reads as its own number, a PC's empty bus as 0xff */
#define BOCHS_SHUTDOWN 0x8900

/* QEMU's exit status becomes 2 * value + 1: 33 for ok, 35 for fail. */
void power_emulator_exit(bool ok)
{
    outb(ISA_DEBUG_EXIT, ok ? 0x10 : 0x11);
    /* On a PC a device may have been given port 0x8900: only Bochs gets its word. */
    if (inb(DEBUG_CONSOLE) != DEBUG_CONSOLE)
        return;
    static const char word[] = "Shutdown";
    for (size_t i = 0; word[i] != 0; i++)
        outb(BOCHS_SHUTDOWN, (uint8_t)word[i]);
}
