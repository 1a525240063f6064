/*
 * Fixed-point helpers of the time core. A "q32" number is in units of 2^-32: rates are kept as their
 * deviation from a nominal rate in q32 (one unit is 0.23 ppb). Products are 128 bits wide; nothing divides
 * 128 bits.
 */
#ifndef TIME_FIXED_H
#define TIME_FIXED_H

#include <stdint.h>

#define NS_PER_S 1000000000ll
#define Q32_ONE  (1ll << 32)

/* a * q / 2^32, rounded towards minus infinity; no overflow while the result fits in 64 bits. */
static inline int64_t q32_mul_floor(int64_t a, int64_t q)
{
    return (int64_t)(((__int128)a * q) >> 32);
}

/* The same, rounded up. */
static inline int64_t q32_mul_ceil(int64_t a, int64_t q)
{
    return -q32_mul_floor(-a, q);
}

/* num * 2^32 / den for den > 0 and |num| < 2^31, rounded down. */
static inline int64_t q32_ratio_floor(int64_t num, int64_t den)
{
    int64_t scaled = num * Q32_ONE;
    int64_t quotient = scaled / den;

    return quotient - (scaled % den < 0);
}

/* The same, rounded up. */
static inline int64_t q32_ratio_ceil(int64_t num, int64_t den)
{
    return -q32_ratio_floor(-num, den);
}

/* Parts per billion as q32, and back (rounded away from zero: for bounds). |ppb| below 10^9. */
static inline int64_t q32_from_ppb(int64_t ppb)
{
    return ppb * 4 + ppb * 294967296 / NS_PER_S; /* 2^32 / 10^9 = 4.294967296 */
}

static inline int64_t ppb_from_q32_away(int64_t q)
{
    int64_t magnitude = q < 0 ? -q : q;
    int64_t ppb = (int64_t)(((__int128)magnitude * NS_PER_S + Q32_ONE - 1) >> 32);

    return q < 0 ? -ppb : ppb;
}

static inline int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t abs_i64(int64_t a)
{
    return a < 0 ? -a : a;
}

/* From lo to hi, both of them possible: in which unit, the variable's name says. */
struct range {
    int64_t lo, hi;
};

static inline int64_t range_middle(struct range range)
{
    return range.lo + (range.hi - range.lo) / 2;
}

#endif
