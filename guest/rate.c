#include "rate.h"

#define SECOND_NS 1000000000
#define MAX_HZ    18000000000ull /* a second's ticks times 10^9 fit in 64 bits */

int64_t rate_ppb(const struct meridian_sample *first, const struct meridian_sample *last)
{
    uint64_t hz = last->cpu_freq, ticks = last->tsc - first->tsc;
    if (!hz || hz > MAX_HZ || ticks / hz > 1000000000)
        return RATE_UNKNOWN;

    int64_t expected_ns = (int64_t)(ticks / hz * SECOND_NS + ticks % hz * SECOND_NS / hz);
    int64_t off_ns = (int64_t)(meridian_raw_ns(last) - meridian_raw_ns(first)) - expected_ns;
    if (expected_ns <= 0 || off_ns > INT64_MAX / SECOND_NS || off_ns < -(INT64_MAX / SECOND_NS))
        return RATE_UNKNOWN;
    return off_ns * SECOND_NS / expected_ns;
}
