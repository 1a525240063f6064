#include "keeper/state.h"

/*
 * Which turn of a narrow counter it is follows from where R should be in the middle of the reading. That is
 * sure only of a reading well below half a turn wide: a wider one would pass for a disruption.
 */
static bool turn_is_sure(const struct counter *counter, int64_t width_ns)
{
    return counter->bits >= 40 || width_ns < counter_ns(counter, 1ull << counter->bits) / 4;
}

bool measure(const struct cpu_clock *clock, struct bracket *out)
{
    struct reference_reading reading;
    struct range_ns early, late;
    uint64_t expected;

    if (!reference_sample(keeper.reference, &reading))
        return false;
    early = outlook_at(&clock->outlook, reading.tsc_lo);
    late = outlook_at(&clock->outlook, reading.tsc_hi);
    if (!turn_is_sure(&keeper.counter, late.lo - early.lo))
        return false;
    expected = keeper.origin + counter_from_ns(&keeper.counter, early.lo + (late.hi - early.lo) / 2);
    *out = bracket_from_count(&keeper.counter, keeper.origin,
                              counter_unwrap(&keeper.counter, expected, reading.count), reading.edge,
                              reading.tsc_lo, reading.tsc_hi);
    return true;
}
