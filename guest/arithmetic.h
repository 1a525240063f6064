/*
 * The guest's arithmetic, which the host's tests try too: the rate of a line, the guest's own wall clock, and
 * the settings of the wall clock by number. Pure.
 */
#ifndef GUEST_ARITHMETIC_H
#define GUEST_ARITHMETIC_H

#include <stdint.h>

#include "meridian/clock.h"

#define RATE_UNKNOWN INT64_MAX

/*
 * Returns how much faster the line ran from `first` to `last` than last->cpu_freq says, in 10^-9. Returns
 * RATE_UNKNOWN without a frequency, without time between the two, or if the line is more than 9 s off.
 */
int64_t rate_ppb(const struct meridian_sample *first, const struct meridian_sample *last);

/*
 * The guest's own wall clock: a date, and the system time at which it held. It goes on with system time, at
 * the rate that its discipline asks for.
 */
struct wall_own {
    struct meridian_utc utc; /* at system time since_ns */
    uint64_t since_ns;
    uint32_t steer_ppb; /* so much faster than system time */
};

/* Returns `utc` moved by `ns`, which may be negative. The date may be before 1970. */
struct meridian_utc utc_plus(struct meridian_utc utc, int64_t ns);

/*
 * Returns the clock's UTC at system time `now_ns`. That may be before since_ns, for a VCPU's clock may be a
 * little behind.
 */
struct meridian_utc wall_own_at(const struct wall_own *own, uint64_t now_ns);

/* Settings of the wall clock by number. Each UTC tells its number; a mix of two UTCs tells none. */
#define WALL_NO_NUMBER INT64_MAX

/* Returns UTC at system time 0 for setting `number` (0, 1, 2, ...). They go forward, then back, and so on. */
struct meridian_utc wall_of_number(int64_t number);
/* Returns the number of the setting that gives `utc`, or WALL_NO_NUMBER if none does. */
int64_t wall_number_of(struct meridian_utc utc);

#endif
