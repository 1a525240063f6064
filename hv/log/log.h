/*
 * The log: every CPU may print at any time. A line goes whole into a ring, in one order for all CPUs, and
 * from there to a slow port (queue.h). Until log_defer, and in a panic, each print empties the ring at once.
 * In between log_drain does it, a slice at a time, and nobody waits for the port.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes `length` bytes of text at once. It is called with the log's lock held, and must not print. */
typedef void (*log_sink)(const char *text, size_t length);
/* A slow port. Returns false if it does not take the byte: now, or with `wait` after some 50 ms. */
typedef bool (*log_port)(char byte, bool wait);

/* Before the other CPUs run. Returns false if there are 4 already. What was said before is shown to it. */
bool log_add_sink(log_sink sink);
/*
 * Gives the log its port, or another one, before log_defer: what was said before is said to it. Without one
 * nothing waits in the ring.
 */
void log_set_port(log_port port);

/*
 * Formats (see format.h) up to 512 bytes; the rest is cut and marked. Where the ring is full the line is
 * dropped, whole, and counted.
 */
void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for a line that can wait. Returns false, and prints nothing, while much waits in the ring. */
bool log_print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a guest's text: a whole line, or a piece of one that is too long. */
void log_write(const char *text, size_t length);
/* Returns false while so much of guests' text waits that the hypervisor's own lines would wait for it. */
bool log_guest_may_write(void);

/* From now on nobody waits for the port: log_drain must be called. */
void log_defer(void);
/* Returns true before that, and in a panic: what is said is to be seen before the CPU goes on. */
bool log_at_once(void);
/*
 * Hands bytes to the port while it takes them and `go_on` says so. Returns how many it took; 0 at once if
 * another CPU is at it.
 */
size_t log_drain(bool (*go_on)(void));
/* When the CPU that drained is gone, perhaps in the middle of a slice: another may drain from now on. */
void log_drain_again(void);
/* For a port that has taken nothing for long: what waits for it is lost, and counted. */
void log_give_up_port(void);
/* Returns how many bytes wait for the port. */
size_t log_waiting(void);
/* Returns true while the ring has room for many more lines. */
bool log_has_room(void);
/* Empties the ring, bounded: the port either takes a byte within some 50 ms or loses it. */
void log_flush(void);

/* What printing has cost since log_defer, in ticks of the TSC. */
struct log_cost {
    uint64_t dropped;      /* lines that had no room, or that the port never took */
    uint64_t waiting_most; /* bytes in the ring */
    uint64_t print_ticks;  /* the longest log_print, from its format on */
    uint64_t slice_ticks;  /* the longest log_drain */
};
struct log_cost log_cost(void);

/* From now on all print without the lock: its holder may be stopped for ever. */
void log_panic_mode(void);
/* For sinks. Returns true if all other CPUs are stopped, or soon will be: what is put off is never done. */
bool log_in_panic(void);

#endif
