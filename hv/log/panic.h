/* The end of everything, still readable. */
#ifndef LOG_PANIC_H
#define LOG_PANIC_H

/*
 * Stops all other CPUs, prints, ends. The first CPU to come wins; others halt in silence. Nothing in it waits
 * for a lock, and a fault within it goes on with what is left to do instead of beginning again.
 * `panic_set_stop` gives it the way to stop the others (an NMI); `panic_set_trace` prints where it was
 * called from; `panic_set_end` what comes last (the verdict and the emulator's exit); without one it halts.
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with report(what) after the line in the place of the caller's trace: for traps. */
_Noreturn void panic_report(void (*report)(const void *what), const void *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void panic_set_stop(void (*stop_others)(void));
void panic_set_trace(void (*trace)(void));
void panic_set_end(void (*end)(void));

#endif
