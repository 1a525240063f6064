/* Counts of a reference to ns, and which wrap a narrow count is on. */
#include "prove.h"
#include "time/bracket.c"

#define PART_LIMIT (1u << 30)
#define NS_LIMIT   ((wide)1 << 63)

static struct counter any_counter(uint32_t num, uint32_t den, unsigned bits)
{
    assume(num > 0);
    assume(num < PART_LIMIT);
    assume(den > 0);
    assume(den < PART_LIMIT);
    return (struct counter){num, den, bits};
}

/* count * num / den rounded down, for any count of up to 2^63 ns. */
void prove_counter_ns(uint64_t count, uint32_t num, uint32_t den)
{
    struct counter counter = any_counter(num, den, 64);
    wide exact = (wide)count * num, got;
    int64_t ns;

    assume(exact < NS_LIMIT * den);
    ns = counter_ns(&counter, count);
    claim(ns >= 0);
    got = (wide)ns * den;
    claim(got <= exact && exact - got < den);
}

/* The 64-bit count that ends in the bits read, and is as near to the expected one as can be. */
void prove_unwrap(uint64_t expected, uint64_t count, unsigned bits)
{
    struct counter counter = {1, 1, bits};
    uint64_t wrap = bits < 64 ? 1ull << bits : 0, got;

    assume(expected < 1ull << 63);
    assume(count < 1ull << 63);
    if (wrap) {
        /* Less than half a wrap off. */
        assume(count > expected ? count - expected < wrap / 2 : expected - count < wrap / 2);
        got = counter_unwrap(&counter, expected, count & (wrap - 1));
    } else {
        got = counter_unwrap(&counter, expected, count);
    }
    claim(got == count);
}

/*
 * A bracket of a count that stands up to 2^62 ns before or after the origin: R at the count's beginning, and
 * where no edge was seen at its end, lies between its ends. No end is more than 1 ns out.
 */
void prove_bracket(uint64_t origin, uint64_t count, uint32_t num, uint32_t den, uint32_t edge)
{
    struct counter counter = any_counter(num, den, 64);
    struct bracket got;
    signed_wide since, begin, end, lo, hi;

    assume(edge <= 1);
    assume(origin < 1ull << 62);
    assume(count < 1ull << 62);
    since = (signed_wide)count - (signed_wide)origin;
    begin = since * num;
    end = edge ? begin : begin + num;
    assume(begin < (signed_wide)(NS_LIMIT / 2) * den);
    assume(begin > -(signed_wide)(NS_LIMIT / 2) * den);
    got = bracket_from_count(&counter, origin, count, edge, 0, 0);
    lo = (signed_wide)got.ref_lo_ns * den;
    hi = (signed_wide)got.ref_hi_ns * den;
    claim(lo <= begin && begin - lo <= den);
    claim(hi >= end && hi - end <= den);
}
