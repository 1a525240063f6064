#include "platform/loader/console_word.h"

#include "platform/bytes.h"

#define USUAL_BAUD 115200u
#define LEAST_PORT 0x100u /* below are the board's own devices */
#define MOST_PORT  (0x10000u - UART_REGISTERS)

/* What is left of the word. */
struct rest {
    const char *at;
    size_t length;
};

/* Takes `text` off the front. Returns false, and takes nothing, if the rest does not begin so. */
static bool skip(struct rest *rest, const char *text)
{
    size_t i = 0;

    while (i < rest->length && text[i] && rest->at[i] == text[i])
        i++;
    if (text[i])
        return false;
    *rest = (struct rest){rest->at + i, rest->length - i};
    return true;
}

/* The same, but only where a comma or the end follows. */
static bool skip_field(struct rest *rest, const char *text)
{
    struct rest after = *rest;

    if (!skip(&after, text) || (after.length > 0 && after.at[0] != ','))
        return false;
    *rest = after;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex(struct rest *rest, uint64_t *out)
{
    unsigned digits = 0;

    *out = 0;
    if (!skip(rest, "0x"))
        return false;
    for (; rest->length && hex_digit(rest->at[0]) >= 0; rest->at++, rest->length--) {
        if (++digits > 16)
            return false;
        *out = *out << 4 | (uint64_t)hex_digit(rest->at[0]);
    }
    return digits > 0;
}

/* The rates of a PC's port that divide its clock. Takes all of the rest. */
static bool read_baud(struct rest rest, uint32_t *out)
{
    static const struct {
        const char *word;
        uint32_t baud;
    } rates[] = {{"1200", 1200},   {"2400", 2400},   {"4800", 4800},   {"9600", 9600},
                 {"19200", 19200}, {"38400", 38400}, {"57600", 57600}, {"115200", 115200}};

    for (unsigned i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct rest after = rest;

        if (!skip(&after, rates[i].word))
            continue;
        if (skip(&after, "n"))
            skip(&after, "8");
        if (after.length > 0)
            continue;
        *out = rates[i].baud;
        return true;
    }
    return false;
}

static bool read_com(struct rest *rest, struct uart_place *out)
{
    static const char *const names[] = {"ttyS0", "ttyS1", "ttyS2", "ttyS3"};

    for (unsigned i = 0; i < 4; i++) {
        if (skip_field(rest, names[i])) {
            *out = uart_com(i, USUAL_BAUD);
            return true;
        }
    }
    return false;
}

static bool read_placed(struct rest *rest, struct uart_place *out)
{
    static const struct {
        const char *name;
        uint8_t bytes; /* of a register; 0: ports */
    } spaces[] = {{"io,", 0}, {"mmio,", 1}, {"mmio16,", 2}, {"mmio32,", 4}};

    if (!skip(rest, "uart8250,"))
        return false;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t bytes = spaces[i].bytes, each = bytes ? bytes : 1;
        uint64_t address;

        if (!skip(rest, spaces[i].name))
            continue;
        if (!hex(rest, &address) || address < LEAST_PORT || address % each ||
            address > (bytes ? PHYS_END - 4096 : MOST_PORT))
            return false;
        *out = (struct uart_place){bytes ? UART_MEMORY : UART_PORTS, address, each, each, 0, UART_CLOCK_HZ};
        return true;
    }
    return false;
}

bool console_word(const char *at, size_t length, struct uart_place *out)
{
    struct rest rest = {at, length};
    struct uart_place place;

    if (!read_com(&rest, &place) && !read_placed(&rest, &place))
        return false;
    if (rest.length > 0 && (!skip(&rest, ",") || !read_baud(rest, &place.baud)))
        return false;
    *out = place;
    return true;
}
