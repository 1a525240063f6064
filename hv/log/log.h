/* The log: every CPU may print at any time. One line at a time over all CPUs, to every sink. */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Takes `length` bytes of text. It is called with the log's lock held, and must not print. */
typedef void (*log_sink)(const char *text, size_t length);

/* Before the other CPUs run. Returns false if there are 4 already. What was said before is shown to it. */
bool log_add_sink(log_sink sink);

/* Formats (see format.h) up to 512 bytes and hands them to every sink; the rest is cut and marked. */
void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a line that can wait. Returns false, and prints nothing, in the middle of another line. */
bool log_print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints raw text, such as a guest's console output. */
void log_write(const char *text, size_t length);

/* From now on all print without the lock: its holder may be stopped for ever. */
void log_panic_mode(void);
/* For sinks. Returns true if all other CPUs are stopped, or soon will be: what is put off is never done. */
bool log_in_panic(void);

#endif
