#include "keeper/state.h"

bool measure(const struct cpu_clock *clock, struct bracket *out)
{
    struct reference_reading reading;
    struct range_ns range;
    uint64_t expected;

    if (!reference_sample(keeper.reference, &reading))
        return false;
    range = outlook_at(&clock->outlook, reading.tsc_lo);
    expected = keeper.origin + counter_from_ns(&keeper.counter, range.lo + (range.hi - range.lo) / 2);
    *out = bracket_from_count(&keeper.counter, keeper.origin,
                              counter_unwrap(&keeper.counter, expected, reading.count), reading.edge,
                              reading.tsc_lo, reading.tsc_hi);
    return true;
}
