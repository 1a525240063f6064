/*
 * The keyboard controller (8042) as firmware left it: scan codes of set 1. By place, not by letter: on a
 * French keyboard `q` is where its `a` is.
 */
#include "platform/keyboard.h"

#include <stdint.h>

#include "cpu/instructions.h"

#define PORT_DATA    0x60
#define PORT_STATUS  0x64
#define STATUS_FULL  0x01 /* a byte is there */
#define STATUS_MOUSE 0x20 /* and it is the mouse's */
#define NOBODY       0xff /* an empty bus */

#define MOST_BYTES 64 /* a keyboard holds 16: one that gives more is broken */

/* A port on the slowest bus takes some 5000 ticks of a fast TSC, an SMI 10 us at the very least. */
#define DEAR_TICKS 20000u
#define POLLS      4u /* the quickest counts: a host may hold up any */

#define PREFIX_E0   0xe0u
#define PREFIX_E1   0xe1u /* Pause alone: two bytes follow, twice */
#define EXTENDED(c) (0x100u | (c))

static bool started, absent;
static bool extended; /* the last byte was E0 */
static unsigned skip; /* bytes of Pause still to come */

static const struct {
    unsigned code;
    enum key key;
} meanings[] = {
    {0x39, KEY_PAGE}, {0x51, KEY_PAGE},    {EXTENDED(0x51), KEY_PAGE},
    {0x10, KEY_QR},   {0x1f, KEY_SOCKETS}, {0x23, KEY_HELP},
    {0x35, KEY_HELP}, {0x13, KEY_RESET},   {0x19, KEY_POWER_OFF},
};

static enum key meaning(unsigned code)
{
    for (unsigned i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].code == code)
            return meanings[i].key;
    return KEY_NONE;
}

/* One byte of set 1. No prefix is a key, nor is a release: 0x80 higher, where nothing has a meaning. */
static enum key take_scan_code(uint8_t byte)
{
    bool was_extended = extended;

    extended = byte == PREFIX_E0;
    if (skip > 0)
        skip--;
    else if (byte == PREFIX_E1)
        skip = 2;
    else if (byte != PREFIX_E0)
        return meaning(was_extended ? EXTENDED(byte) : byte);
    return KEY_NONE;
}

enum key keyboard_poll(void)
{
    for (unsigned i = 0; !absent && i < MOST_BYTES; i++) {
        uint8_t status = inb(PORT_STATUS);
        uint8_t byte;
        enum key key;

        absent = status == NOBODY;
        if (!(status & STATUS_FULL)) {
            started = true;
            return KEY_NONE;
        }
        byte = inb(PORT_DATA);
        key = absent || (status & STATUS_MOUSE) ? KEY_NONE : take_scan_code(byte);
        if (key != KEY_NONE && started)
            return key;
    }
    absent = true;
    return KEY_NONE;
}

bool keyboard_is_dear(void)
{
    static uint64_t quickest = UINT64_MAX;
    static unsigned polls;

    for (; polls < POLLS; polls++) {
        uint64_t start = rdtsc_ordered();
        uint64_t ticks;

        inb(PORT_STATUS);
        ticks = rdtsc_ordered() - start;
        if (ticks < quickest)
            quickest = ticks;
    }
    return quickest > DEAR_TICKS;
}
