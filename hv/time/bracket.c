#include "time/bracket.h"

int64_t counter_ns(const struct counter *counter, uint64_t count)
{
    return (int64_t)(count / counter->den * counter->num +
                     count % counter->den * counter->num / counter->den);
}

uint64_t counter_from_ns(const struct counter *counter, int64_t ns)
{
    uint64_t whole = ns > 0 ? (uint64_t)ns : 0;

    return whole / counter->num * counter->den + whole % counter->num * counter->den / counter->num;
}

int64_t counter_wrap_ns(const struct counter *counter)
{
    return counter->bits < 40 ? counter_ns(counter, 1ull << counter->bits) : INT64_MAX;
}

uint64_t counter_unwrap(const struct counter *counter, uint64_t expected, uint64_t low)
{
    uint64_t mask, half, ahead, count;

    if (counter->bits >= 64)
        return low;
    mask = (1ull << counter->bits) - 1;
    half = 1ull << (counter->bits - 1);
    ahead = (low - expected) & mask;
    count = expected + ahead;
    /* More than half a wrap ahead is less than half a wrap behind, unless that would be before zero. */
    return ahead > half && count > mask ? count - mask - 1 : count;
}

/* A reference that was set back may stand before its origin: then R is negative. Rounded down either way. */
static int64_t since_ns(const struct counter *counter, uint64_t origin, uint64_t count)
{
    int64_t since = (int64_t)(count - origin);

    return since >= 0 ? counter_ns(counter, (uint64_t)since) : -counter_ns(counter, (uint64_t)-since) - 1;
}

struct bracket bracket_from_count(const struct counter *counter, uint64_t origin, uint64_t count, bool edge,
                                  uint64_t tsc_lo, uint64_t tsc_hi)
{
    struct bracket out = {.tsc_lo = tsc_lo, .tsc_hi = tsc_hi};

    out.ref_lo_ns = since_ns(counter, origin, count);
    out.ref_hi_ns = since_ns(counter, origin, edge ? count : count + 1) + 1;
    return out;
}
