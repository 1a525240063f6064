#include "keeper/state.h"

/*
 * Which turn of a narrow counter it is follows from where R should be. That is sure only while all that R
 * may be is well below half a turn wide.
 */
static bool wrap_is_sure(const struct counter *counter, int64_t width_ns)
{
    return width_ns < counter_wrap_ns(counter) / 4;
}

/* The TSC was set back and tells nothing: R is taken to be less than a turn after the last reading. */
static int64_t after_the_last(const struct cpu_clock *clock)
{
    int64_t wrap_ns = counter_wrap_ns(&keeper.counter);

    return clock->looked_ns + (wrap_ns < INT64_MAX ? wrap_ns / 2 : 0);
}

static struct bracket bracket_near(int64_t expected_ns, const struct reference_reading *reading)
{
    uint64_t expected = keeper.origin + counter_from_ns(&keeper.counter, expected_ns);

    return bracket_from_count(&keeper.counter, keeper.origin,
                              counter_unwrap(&keeper.counter, expected, reading->count), reading->edge,
                              reading->tsc_lo, reading->tsc_hi);
}

/*
 * A reading too wide (a host that stalls) only fails; an outlook too wide (the TSC leapt far) is lost for
 * good.
 */
bool measure(const struct cpu_clock *clock, struct bracket *out, bool *lost)
{
    struct reference_reading reading;
    struct range early, late;

    if (!reference_sample(keeper.reference, &reading))
        return false;
    early = outlook_at(&clock->outlook, reading.tsc_lo);
    late = outlook_at(&clock->outlook, reading.tsc_hi);
    *lost = !wrap_is_sure(&keeper.counter, early.hi - early.lo);
    if (!*lost && !wrap_is_sure(&keeper.counter, late.hi - early.lo))
        return false;
    if (*lost || reading.tsc_hi < clock->looked_tsc)
        *out = bracket_near(after_the_last(clock), &reading);
    else
        *out = bracket_near(early.lo + (late.hi - early.lo) / 2, &reading);
    return true;
}
