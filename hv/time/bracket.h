/*
 * A bracket: the one kind of fact the estimate is made of. At some instant the TSC stood between tsc_lo and
 * tsc_hi, and the reference R between ref_lo_ns and ref_hi_ns. An SMI or a busy host only makes it wider.
 */
#ifndef TIME_BRACKET_H
#define TIME_BRACKET_H

#include <stdbool.h>
#include <stdint.h>

struct bracket {
    uint64_t tsc_lo, tsc_hi;
    int64_t ref_lo_ns, ref_hi_ns;
};

/* A counter's nominal: ns a count = num / den. num and den below 2^30, bits 8..64. */
struct counter {
    uint32_t num, den;
    unsigned bits;
};

/* count * num / den, rounded down; exact for any count whose ns fit in 63 bits. */
int64_t counter_ns(const struct counter *counter, uint64_t count);
uint64_t counter_from_ns(const struct counter *counter, int64_t ns);

/* After so long the count comes round; INT64_MAX for a counter that takes hours or more (40 bits and up). */
int64_t counter_wrap_ns(const struct counter *counter);

/*
 * The 64-bit count nearest to `expected` whose low `bits` are `low`: which wrap it is. Right while the
 * expectation is less than half a turn off (27 ms for the PIT).
 */
uint64_t counter_unwrap(const struct counter *counter, uint64_t expected, uint64_t low);

/*
 * A reading as a bracket. `origin` is the 64-bit count at which R is 0. With `edge` the instant is that of
 * the counter becoming `count`; else it lies within that count's length.
 */
struct bracket bracket_from_count(const struct counter *counter, uint64_t origin, uint64_t count, bool edge,
                                  uint64_t tsc_lo, uint64_t tsc_hi);

#endif
