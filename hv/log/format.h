/* A bounded printf for the hypervisor and the guest; pure, fuzzed on the host against libc's. */
#ifndef LOG_FORMAT_H
#define LOG_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * As vsnprintf: %c %s %d %i %u %x %X %p %%, lengths hh h l ll z j, flags '-' '0' '+' ' ', width and
 * precision as digits or '*'. Anything else is printed as it stands. Always terminates `out` if size > 0.
 * Returns the length the whole text would have had.
 */
int format_va(char *out, size_t size, const char *format, va_list args);
int format(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
