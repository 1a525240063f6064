/*
 * The guest's own wall clock: a date and the system time that it was given for. It goes on with system time,
 * at the rate that whatever disciplines it asks for. Pure.
 */
#ifndef GUEST_WALL_OWN_H
#define GUEST_WALL_OWN_H

#include <stdint.h>

#include "meridian/clock.h"

struct wall_own {
    struct meridian_utc utc; /* at system time since_ns */
    uint64_t since_ns;
    uint32_t steer_ppb; /* so much faster than system time */
};

/* ns may be negative, the date before 1970. */
struct meridian_utc utc_plus(struct meridian_utc utc, int64_t ns);

/* At system time `now_ns`; on a VCPU whose clock is a little behind that may be before since_ns. */
struct meridian_utc wall_own_at(const struct wall_own *own, uint64_t now_ns);

#endif
