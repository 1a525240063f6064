/*
 * The log as a screen shows it: its last lines, those for programs (@...) left out, but for @verdict where
 * that is wanted. Pure. One writes, at the same time any may read: a reader keeps away from what is
 * overwritten next.
 */
#ifndef SCREEN_CONSOLE_H
#define SCREEN_CONSOLE_H

#include <stddef.h>

#include "screen/shadow.h"

#define CONSOLE_BYTES 8192u /* a power of two */
#define CONSOLE_SPARE 1024u /* the oldest of them are not shown: a writer may be there */

struct console {
    char text[CONSOLE_BYTES];
    size_t end; /* counts all bytes ever taken; the place is this modulo CONSOLE_BYTES */
    enum { CONSOLE_LINE_START, CONSOLE_IN_LINE, CONSOLE_SKIPPING } at;
    unsigned held;   /* bytes of "@verdict" seen at the start of this line, none of them taken yet */
    unsigned column; /* for tabs */
    bool no_verdict; /* leave @verdict out as well */
};

/* Any text, in pieces of any length. Bytes below a blank are dropped, but for line ends and tabs. */
void console_add(struct console *console, const char *text, size_t length);
/* The last lines that fit into `rows` rows, long ones wrapped; blanks where there is nothing. */
void console_show(const struct console *console, struct shadow *shadow, unsigned row, unsigned rows);

#endif
