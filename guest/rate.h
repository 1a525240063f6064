/* The rate of the record's line over a run, against the frequency that the hypervisor gives. Pure. */
#ifndef GUEST_RATE_H
#define GUEST_RATE_H

#include <stdint.h>

#include "meridian/clock.h"

#define RATE_UNKNOWN INT64_MAX

/*
 * How much faster the line ran from `first` to `last` than last->cpu_freq says, in 10^-9; RATE_UNKNOWN
 * without a frequency, without time in between, or beyond 9 s off.
 */
int64_t rate_ppb(const struct meridian_sample *first, const struct meridian_sample *last);

#endif
