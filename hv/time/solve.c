#include "time/solve.h"

#define RESIDUAL_LIMIT \
    (1ll << 31) /* what q32_ratio_floor takes; two seconds of residual are a disruption anyway */

/* One ns either way covers the rounding of scale_between_ns. */
void constraints_from(const struct estimate *estimate, struct crystal crystal, unsigned first, uint64_t tsc,
                      struct constraints *out)
{
    int64_t room = 1 + (int64_t)crystal.phase_ns;

    out->count = 0;
    out->base_ns = estimate->bracket[estimate->count - 1].ref_lo_ns;
    for (unsigned i = first; i < estimate->count; i++) {
        const struct bracket *b = &estimate->bracket[i];
        struct point *upper = &out->upper[out->count], *lower = &out->lower[out->count];

        upper->x = scale_between_ns(estimate->nominal, tsc, b->tsc_lo);
        lower->x = scale_between_ns(estimate->nominal, tsc, b->tsc_hi);
        upper->e = b->ref_hi_ns - out->base_ns - upper->x + room + wander_ns(crystal.wander_ppb_s, upper->x);
        lower->e = b->ref_lo_ns - out->base_ns - lower->x - room - wander_ns(crystal.wander_ppb_s, lower->x);
        out->count++;
    }
}

/*
 * Returns true if num / den, in q32, is at least `least`. A product takes the place of the division: only
 * pairs that narrow the range need one, a few of a thousand.
 */
static bool ratio_from(int64_t num, int64_t den, int64_t least)
{
    return (__int128)least * den <= num * Q32_ONE;
}

/*
 * A line e = v + r x under every upper and over every lower point exists for exactly those r that pass every
 * pair (upper, lower) of points.
 */
bool constraints_rate(const struct constraints *c, struct range *rate)
{
    for (unsigned i = 0; i < c->count; i++) {
        for (unsigned j = 0; j < c->count; j++) {
            int64_t dx = c->lower[i].x - c->upper[j].x;
            int64_t de = c->lower[i].e - c->upper[j].e;

            if (de >= RESIDUAL_LIMIT)
                return false;
            if (de <= -RESIDUAL_LIMIT)
                continue; /* says nothing that the limit on the rate does not */
            if (dx > 0 && ratio_from(de, dx, rate->lo + 1))
                rate->lo = q32_ratio_floor(de, dx);
            else if (dx < 0 && ratio_from(de, -dx, 1 - rate->hi))
                rate->hi = q32_ratio_ceil(-de, -dx);
            else if (dx == 0 && de > 0)
                return false;
        }
    }
    return rate->lo <= rate->hi;
}

/* Every point lies in the past (x <= 0), so v is least at the lowest rate and greatest at the highest. */
struct range constraints_value(const struct constraints *c, struct range rate)
{
    struct range value = {INT64_MIN, INT64_MAX};

    for (unsigned i = 0; i < c->count; i++) {
        value.lo = max_i64(value.lo, c->lower[i].e + q32_mul_floor(-c->lower[i].x, rate.lo));
        value.hi = min_i64(value.hi, c->upper[i].e + q32_mul_ceil(-c->upper[i].x, rate.hi));
    }
    return value;
}

/* The greatest v of a line of rate r that is under every upper point, and the least over every lower one. */
static int64_t under_all(const struct constraints *c, int64_t r)
{
    int64_t v = INT64_MAX;

    for (unsigned i = 0; i < c->count; i++)
        v = min_i64(v, c->upper[i].e - q32_mul_floor(c->upper[i].x, r));
    return v;
}

static int64_t over_all(const struct constraints *c, int64_t r)
{
    int64_t v = INT64_MIN;

    for (unsigned i = 0; i < c->count; i++)
        v = max_i64(v, c->lower[i].e - q32_mul_ceil(c->lower[i].x, r));
    return v;
}

/*
 * Finds the greatest of a concave function of r (`sign` 1), or the least of a convex one (-1). Its rounding
 * to whole ns makes it flat in places, by 1 ns: that much is added in the end.
 */
static int64_t extreme(const struct constraints *c, struct range rate, int sign)
{
    int64_t best;

    while (rate.hi - rate.lo > 2) {
        int64_t third = (rate.hi - rate.lo) / 3, a = rate.lo + third, b = rate.hi - third;
        int64_t at_a = sign > 0 ? under_all(c, a) : -over_all(c, a);
        int64_t at_b = sign > 0 ? under_all(c, b) : -over_all(c, b);

        if (at_a < at_b)
            rate.lo = a;
        else
            rate.hi = b;
    }
    best = INT64_MIN;
    for (int64_t r = rate.lo; r <= rate.hi; r++)
        best = max_i64(best, sign > 0 ? under_all(c, r) : -over_all(c, r));
    return sign * (best + 1);
}

struct range constraints_value_between(const struct constraints *c, struct range rate)
{
    return (struct range){extreme(c, rate, -1), extreme(c, rate, 1)};
}
