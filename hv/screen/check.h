/*
 * The check of this machine's clocks: what the keeper knows of every CPU, once a second, judged, told to
 * programs (@machine, @sample, @row, @check) and shown to people. It goes on beside the guest, with or
 * without a display.
 */
#ifndef SCREEN_CHECK_H
#define SCREEN_CHECK_H

#include <stdbool.h>

/* On the boot CPU, once system time runs. The line is shown, and kept. */
void check_start(const char *command_line);
/* The same on every CPU, the boot CPU too: what a CPU can only tell of itself is asked once a second. */
void check_start_cpu(void);

/*
 * The guest's measurement is over: the figures stay as they are now, on the screen too, and are told. Some
 * lines a call, so that timers may come between: again until it says true. After that it does nothing.
 */
bool check_end(void);

/* Nothing will be measured: the log has the screen from now on, as it says why. */
void check_refused(void);

#endif
