/* The bound that is published: |S - R| at the joint, and its growth. */
#include "prove.h"
#include "time/line.c"
#include "time/outlook.c"
#include "time/timeline.c"

#define LIFE           ((int64_t)LIFE_NS)
#define TOLERANCE_MOST 1000000u           /* ppb: a reference 1000 ppm off its nominal rate */
#define RATE_MOST      ((int64_t)1 << 23) /* q32: the limit on the rate, the slew and the wander are less */

/* The reference's own error since boot, rounded up. */
void prove_tolerance(uint64_t ns, uint32_t tolerance_ppb)
{
    struct timeline t = {.line = {.ns = ns}, .tolerance_ppb = tolerance_ppb};

    assume(ns <= LIFE_NS);
    assume(tolerance_ppb <= TOLERANCE_MOST);
    claim((wide)tolerance_ns(&t) * NS_PER_S >= (wide)ns * tolerance_ppb);
}

/* Wherever R is in what any CPU allows: |S - R| is no more than the bound, with what readers round. */
void prove_bound_value(uint64_t ns, int64_t anchor_ns, int64_t lo, int64_t hi, int64_t r)
{
    struct timeline t = {
        .line = {.ns = ns, .scale = {SCALE_LEAST, 0}}, .nominal = {SCALE_LEAST, 0}, .anchor_ns = anchor_ns};
    struct consensus all = {.value_hull = {lo, hi}};
    struct bound bound;
    signed_wide off;

    assume(ns <= LIFE_NS);
    assume(anchor_ns <= LIFE);
    assume(anchor_ns >= (int64_t)ns - LIFE); /* S - anchor is where R should be */
    assume(lo >= -LIFE);
    assume(hi <= LIFE);
    assume(lo <= r);
    assume(r <= hi);
    bound = bound_of(&t, &all);
    off = (signed_wide)ns - anchor_ns - r;
    claim(bound.ns != UINT64_MAX);
    claim((signed_wide)bound.ns >= (off < 0 ? -off : off) + ROUNDING_NS + 1);
}

/*
 * At whatever rate in the hull R goes, for as long as it does: for each ns that a reader sees S go on,
 * |S - R| grows by no more than ppb says. Both are a nominal ns and what each deviates.
 */
void prove_bound_rate(uint32_t nominal_mul, uint32_t mul, int8_t places, int64_t lo, int64_t hi, int64_t rate)
{
    struct timeline t = {.line = {.scale = {mul, places}}, .nominal = {nominal_mul, 0}};
    struct consensus all = {.rate_hull = {lo, hi}};
    struct bound bound;
    signed_wide s = (signed_wide)mul << (places > 0), nominal = (signed_wide)nominal_mul << (places < 0);
    signed_wide apart;
    int64_t own;

    assume(nominal_mul >= SCALE_LEAST);
    assume(mul >= SCALE_LEAST);
    assume(s * 1000 <= nominal * 1001);
    assume(s * 1000 >= nominal * 999);
    assume(lo >= -RATE_MOST);
    assume(hi <= RATE_MOST);
    assume(lo <= rate);
    assume(rate <= hi);
    bound = bound_of(&t, &all);
    if (bound.ns == UINT64_MAX)
        return;
    /* A nominal ns is `nominal` here: S goes s * 2^32, R nominal * (2^32 + rate). */
    apart = s * Q32_ONE - nominal * (Q32_ONE + rate);
    apart = apart < 0 ? -apart : apart;
    own = scale_deviation(t.nominal, t.line.scale);
    claim(abs_i64(rate - own) <= farthest(all.rate_hull, own));
    claim(s * 1000 * bound.ppb >= nominal * 999 * bound.ppb);
    claim(apart * NS_PER_S * 1000 <= nominal * 999 * Q32_ONE * bound.ppb);
    claim(apart * NS_PER_S <= s * Q32_ONE * bound.ppb);
}
