/*
 * The log as a screen shows it: its last lines, without those for programs (@...), but with @verdict where
 * that is wanted. Pure. One CPU writes while others may read: a reader stays away from what is overwritten
 * next.
 */
#ifndef SCREEN_CONSOLE_H
#define SCREEN_CONSOLE_H

#include <stddef.h>

#include "screen/shadow.h"

#define CONSOLE_BYTES 8192u /* a power of two */
#define CONSOLE_SPARE 1024u /* the oldest of them are not shown: they may be being overwritten */

struct console {
    char text[CONSOLE_BYTES];
    size_t end; /* counts all bytes ever kept; the next goes to this modulo CONSOLE_BYTES */
    enum { CONSOLE_LINE_START, CONSOLE_IN_LINE, CONSOLE_SKIPPING } at;
    unsigned held;   /* bytes of "@verdict" seen at the start of this line, none of them kept yet */
    unsigned column; /* for tabs */
    bool no_verdict; /* leave @verdict out as well */
};

/* Takes text in pieces of any length. Drops bytes below a blank, except line ends and tabs. */
void console_add(struct console *console, const char *text, size_t length);
/* Shows the last lines that fit into `rows` rows, long ones wrapped; blanks where there is nothing. */
void console_show(const struct console *console, struct shadow *shadow, unsigned row, unsigned rows);

#endif
