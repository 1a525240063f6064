/* Finds the verdict in what a guest prints: a whole line that begins with "@verdict ". Pure. */
#ifndef DOMAIN_VERDICT_LINE_H
#define DOMAIN_VERDICT_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* enough for the word and the result, which stands next; the rest of a text line is not kept */
#define VERDICT_LINE_BYTES 256

struct verdict_lines {
    char line[VERDICT_LINE_BYTES];
    size_t used;
    bool reported, ok; /* of the last verdict seen */
};

/* Takes text as it comes, in any pieces. */
void verdict_lines_take(struct verdict_lines *lines, const char *text, size_t size);

/* Returns how many bytes of `text`, which comes next, stand before a line that begins with "@verdict ". */
size_t verdict_lines_before(const struct verdict_lines *lines, const char *text, size_t size);

#endif
