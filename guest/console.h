/* The guest's console: one hypercall a line. */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

/* Formats as log/format.h says, up to 400 bytes, and writes it at once. End lines with \n. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
