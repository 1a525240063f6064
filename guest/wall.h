/* UTC: read from the time page's record, or beside Xen's; set by whoever may. */
#ifndef GUEST_WALL_H
#define GUEST_WALL_H

#include <stdint.h>

#include "meridian/clock.h"

/* With its bound where there is one (err_ns all ones: unknown, and then only `now` is of use). */
struct meridian_wall wall_now(struct meridian_counts *counts);

/* Sets the wall clock for all through XENPF_settime64. 0, or the refusal: only the privileged domain may. */
long wall_set(int64_t utc_s, uint32_t utc_ns);

/* A line that says it. */
void wall_print(void);

#endif
