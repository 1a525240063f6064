/* A PS/2 keyboard, asked now and then. No interrupt, no wait, and never needed: most machines have none. */
#ifndef PLATFORM_KEYBOARD_H
#define PLATFORM_KEYBOARD_H

#include <stdbool.h>

enum key {
    KEY_NONE,
    KEY_PAGE,      /* space, page down */
    KEY_QR,        /* q */
    KEY_SOCKETS,   /* s */
    KEY_HELP,      /* h, ? */
    KEY_POWER_OFF, /* p */
    KEY_RESET,     /* r */
};

/*
 * Returns the next key that was pressed and means something, or KEY_NONE. Reads at most 64 bytes; one CPU at
 * a time. What was typed before the first call is thrown away. A controller that is not there, or never runs
 * out of bytes, is not asked again.
 */
enum key keyboard_poll(void);

/*
 * Returns true if a poll costs far more than reading a port does. Firmware may imitate the controller for a
 * keyboard on USB: then each poll is an SMI, which holds up all CPUs, so it is not polled while we measure.
 * Measures at the first call.
 */
bool keyboard_is_dear(void);

#endif
