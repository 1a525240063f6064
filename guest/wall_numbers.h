/* Settings of the wall clock, numbered: each has a UTC that tells its number, and none of them half. Pure. */
#ifndef GUEST_WALL_NUMBERS_H
#define GUEST_WALL_NUMBERS_H

#include <stdint.h>

#include "meridian/clock.h"

#define WALL_NO_NUMBER INT64_MAX

/* UTC when system time was 0, by setting number 0, 1, 2 ...: forward, then back, and so on. */
struct meridian_utc wall_of_number(int64_t number);
/* The number; WALL_NO_NUMBER: no setting gives that UTC. */
int64_t wall_number_of(struct meridian_utc utc);

#endif
