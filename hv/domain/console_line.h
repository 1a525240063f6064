/* A guest's text on its way to the log: a line at a time, so that no other CPU's line comes between. */
#ifndef DOMAIN_CONSOLE_LINE_H
#define DOMAIN_CONSOLE_LINE_H

#include <stddef.h>

#define CONSOLE_LINE_BYTES 512

struct console_line {
    char text[CONSOLE_LINE_BYTES];
    size_t used;
};

/*
 * Takes text in any pieces, and prints each line once it has its end, as Xen does. One that is longer than
 * the place for it goes in pieces.
 */
void console_line_take(struct console_line *line, const char *text, size_t size);
/* Prints what still waits for its end of line, and ends it. */
void console_line_end(struct console_line *line);

#endif
