/* Fixed-point helpers: which way they round, and that nothing overflows in the ranges that they state. */
#include "prove.h"
#include "time/fixed.h"

#define RATIO_LIMIT ((int64_t)1 << 31)

/* a * q / 2^32 rounded down and up; a is any span of up to 2^61 ns, and q a deviation of up to 2^-8. */
void prove_mul(int64_t a, int64_t q)
{
    signed_wide product = (signed_wide)a * q, down, up;

    assume(a >= -((int64_t)1 << 61));
    assume(a <= (int64_t)1 << 61);
    assume(q >= -(1 << 30));
    assume(q <= 1 << 30);
    down = (signed_wide)q32_mul_floor(a, q) * Q32_ONE;
    up = (signed_wide)q32_mul_ceil(a, q) * Q32_ONE;
    claim(down <= product && product - down < Q32_ONE);
    claim(up >= product && up - product < Q32_ONE);
}

/* num * 2^32 / den rounded down and up. */
void prove_ratio(int64_t num, int64_t den)
{
    signed_wide scaled = (signed_wide)num * Q32_ONE, down, up;

    assume(num > -RATIO_LIMIT);
    assume(num < RATIO_LIMIT);
    assume(den > 0);
    down = (signed_wide)q32_ratio_floor(num, den) * den;
    up = (signed_wide)q32_ratio_ceil(num, den) * den;
    claim(down <= scaled && scaled - down < den);
    claim(up >= scaled && up - scaled < den);
}

/* ppb to q32: towards 0, by less than one unit. */
void prove_from_ppb(int64_t ppb)
{
    signed_wide exact = (signed_wide)ppb * Q32_ONE, got;

    assume(ppb > -NS_PER_S);
    assume(ppb < NS_PER_S);
    got = (signed_wide)q32_from_ppb(ppb) * NS_PER_S;
    claim(ppb >= 0 ? got <= exact && exact - got < NS_PER_S : got >= exact && got - exact < NS_PER_S);
}

/* q32 to ppb: away from 0, by less than 1 ppb. */
void prove_to_ppb(int64_t q)
{
    signed_wide exact = (signed_wide)q * NS_PER_S, got;

    assume(q >= -((int64_t)1 << 60));
    assume(q <= (int64_t)1 << 60);
    got = (signed_wide)ppb_from_q32_away(q) * Q32_ONE;
    claim(q >= 0 ? got >= exact && got - exact < Q32_ONE : got <= exact && exact - got < Q32_ONE);
}

/* The middle of a range lies in it. */
void prove_middle(int64_t lo, int64_t hi)
{
    struct range range = {lo, hi};
    int64_t middle;

    assume(lo <= hi);
    assume(hi <= (int64_t)1 << 61);
    assume(lo >= -((int64_t)1 << 61));
    middle = range_middle(range);
    claim(lo <= middle && middle <= hi);
    claim(middle - lo <= hi - middle && hi - middle - (middle - lo) <= 1);
}
