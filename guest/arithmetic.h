/*
 * The guest's arithmetic, which the host's tests try too: the rate of a line, the guest's own wall clock, and
 * the settings of the wall clock by number. Pure.
 */
#ifndef GUEST_ARITHMETIC_H
#define GUEST_ARITHMETIC_H

#include <stdint.h>

#include "meridian/clock.h"

/* The rate of the record's line over a run, against the frequency that the hypervisor gives. */
#define RATE_UNKNOWN INT64_MAX

/*
 * How much faster the line ran from `first` to `last` than last->cpu_freq says, in 10^-9; RATE_UNKNOWN
 * without a frequency, without time in between, or beyond 9 s off.
 */
int64_t rate_ppb(const struct meridian_sample *first, const struct meridian_sample *last);

/*
 * The guest's own wall clock: a date and the system time that it was given for. It goes on with system time,
 * at the rate that whatever disciplines it asks for.
 */
struct wall_own {
    struct meridian_utc utc; /* at system time since_ns */
    uint64_t since_ns;
    uint32_t steer_ppb; /* so much faster than system time */
};

/* ns may be negative, the date before 1970. */
struct meridian_utc utc_plus(struct meridian_utc utc, int64_t ns);

/* At system time `now_ns`; on a VCPU whose clock is a little behind that may be before since_ns. */
struct meridian_utc wall_own_at(const struct wall_own *own, uint64_t now_ns);

/* Settings of the wall clock, numbered: each has a UTC that tells its number, and none of them half. */
#define WALL_NO_NUMBER INT64_MAX

/* UTC when system time was 0, by setting number 0, 1, 2 ...: forward, then back, and so on. */
struct meridian_utc wall_of_number(int64_t number);
/* The number; WALL_NO_NUMBER: no setting gives that UTC. */
int64_t wall_number_of(struct meridian_utc utc);

#endif
