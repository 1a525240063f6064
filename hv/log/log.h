/* The log: everyone may print, nobody waits. One line at a time over all CPUs, to every sink. */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Takes `length` bytes of text. Called with the log's lock held; must not print. */
typedef void (*log_sink)(const char *text, size_t length);

/* At most 4 sinks; a further one is refused (false). Call before the other CPUs run. */
bool log_add_sink(log_sink sink);

/* Formats (see format.h) up to 512 bytes and hands them to every sink; the rest is cut and marked. */
void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a line that can wait: false, and nothing said, while somebody is in the midst of a line. */
bool log_print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Raw text, such as a guest's console output. */
void log_write(const char *text, size_t length);

/* From now on print without taking the lock: its holder may be stopped for ever. */
void log_panic_mode(void);
/* For sinks: all other CPUs are stopped, or soon will be; nothing that is left undone now will be done. */
bool log_in_panic(void);

#endif
