/*
 * The check of this machine's clocks: what the keeper knows of every CPU, taken four times a second, judged,
 * and told to programs (@machine, @sample, @row, @check). It goes on beside the guest, with or without a
 * display. A painter may borrow the figures.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>

#include "check/figures.h"

/*
 * Starts the check. On the boot CPU, once system time runs. `command_line` is kept, to be shown.
 * `named`: how many CPUs firmware calls ready for use; 0: it names none.
 */
void check_start(const char *command_line, unsigned named);
/*
 * In the place of all that follows, where no time runs: takes the figures once, and tells them. On the boot
 * CPU.
 */
void check_timeless(const char *command_line, unsigned named);
/* Starts what a CPU can only tell of itself, once a second. On every CPU, the boot CPU too. */
void check_start_cpu(void);

/*
 * Returns the figures, which stay as they are until check_release(). Returns NULL, and needs no release,
 * while they are being taken and before there are any. Waits for nothing. Any CPU, interrupts off.
 */
const struct figures *check_hold(void);
void check_release(void);
/* Returns true once the figures stay as they are. */
bool check_ended(void);

/*
 * Ends the measurement: the figures stay as they are now, and are told. Tells some lines a call, so that
 * timers may come between: call it again until it returns true. From then on it does nothing.
 */
bool check_end(void);

#endif
