/*
 * A bracket is the one kind of fact that the estimate is made of: at some instant the TSC stood between
 * tsc_lo and tsc_hi, and the reference R between ref_lo_ns and ref_hi_ns. An SMI or a busy host only makes it
 * wider.
 */
#ifndef TIME_BRACKET_H
#define TIME_BRACKET_H

#include <stdbool.h>
#include <stdint.h>

struct bracket {
    uint64_t tsc_lo, tsc_hi;
    int64_t ref_lo_ns, ref_hi_ns;
};

/* A counter by its nominal rate: a count is num / den ns. num and den are below 2^30, bits 8..64. */
struct counter {
    uint32_t num, den;
    unsigned bits;
};

/* Returns count * num / den, rounded down: exact for any count of up to 2^63 ns. */
int64_t counter_ns(const struct counter *counter, uint64_t count);
uint64_t counter_from_ns(const struct counter *counter, int64_t ns);

/*
 * Returns after how long the count wraps; INT64_MAX for a counter that takes hours or more (40 bits and up).
 */
int64_t counter_wrap_ns(const struct counter *counter);

/*
 * Returns the 64-bit count nearest to `expected` that ends in the bits `low`: which wrap it is. Right while
 * the expectation is less than half a wrap off (27 ms for the PIT).
 */
uint64_t counter_unwrap(const struct counter *counter, uint64_t expected, uint64_t low);

/*
 * Makes a bracket of a reading. `origin` is the 64-bit count at which R is 0. With `edge` the instant is that
 * at which the counter became `count`; else it lies within that count's length.
 */
struct bracket bracket_from_count(const struct counter *counter, uint64_t origin, uint64_t count, bool edge,
                                  uint64_t tsc_lo, uint64_t tsc_hi);

#endif
