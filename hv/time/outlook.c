#include "time/estimate.h"

#include "time/fixed.h"

/* In ms, so that 3000 s and D up to 10^6 ppb/s stay inside 64 bits. */
int64_t wander_ns(uint32_t wander_ppb_s, int64_t age_ns)
{
    int64_t age_ms = (abs_i64(age_ns) + 999999) / 1000000;

    if (age_ms > 3000000)
        age_ms = 3000000;
    return ((int64_t)wander_ppb_s * age_ms * age_ms + 1999999) / 2000000;
}

/* How far the rate may have wandered in `span` ns, q32; more than the limit on it needs no number. */
int64_t wander_q32(uint32_t wander_ppb_s, int64_t span)
{
    int64_t age_ms = min_i64(abs_i64(span) / 1000000 + 1, 1000000000);
    int64_t ppb = ((int64_t)wander_ppb_s * age_ms + 999) / 1000;

    return q32_from_ppb(min_i64(ppb, 4 * ESTIMATE_RATE_LIMIT_PPB)) + 1;
}

struct range outlook_at(const struct outlook *outlook, uint64_t tsc)
{
    int64_t x = scale_between_ns(outlook->nominal, outlook->tsc, tsc);
    int64_t spread = wander_ns(outlook->wander_ppb_s, x) + outlook->phase_ns + 1;
    int64_t slow = x >= 0 ? outlook->rate_lo : outlook->rate_hi;
    int64_t fast = x >= 0 ? outlook->rate_hi : outlook->rate_lo;

    return (struct range){
        .lo = outlook->lo_ns + x + q32_mul_floor(x, slow) - spread,
        .hi = outlook->hi_ns + x + q32_mul_ceil(x, fast) + spread,
    };
}

struct range outlook_rate_at(const struct outlook *outlook, uint64_t tsc)
{
    int64_t wander = wander_q32(outlook->wander_ppb_s, scale_between_ns(outlook->nominal, outlook->tsc, tsc));

    return (struct range){.lo = outlook->rate_lo - wander, .hi = outlook->rate_hi + wander};
}

int64_t outlook_gap_ns(const struct outlook *outlook, const struct bracket *bracket)
{
    int64_t above = bracket->ref_lo_ns - outlook_at(outlook, bracket->tsc_hi).hi;
    int64_t below = outlook_at(outlook, bracket->tsc_lo).lo - bracket->ref_hi_ns;

    return max_i64(0, max_i64(above, below));
}

void consensus_start(struct consensus *all)
{
    static const struct range everything = {INT64_MIN, INT64_MAX};
    static const struct range nothing = {INT64_MAX, INT64_MIN};

    *all = (struct consensus){.value = everything,
                              .rate = everything,
                              .value_hull = nothing,
                              .rate_hull = nothing,
                              .complete = true};
}

static void intersect(struct range *with, struct range range)
{
    with->lo = max_i64(with->lo, range.lo);
    with->hi = min_i64(with->hi, range.hi);
}

static void embrace(struct range *with, struct range range)
{
    with->lo = min_i64(with->lo, range.lo);
    with->hi = max_i64(with->hi, range.hi);
}

void consensus_embrace(struct consensus *all, const struct outlook *outlook, uint64_t tsc)
{
    embrace(&all->value_hull, outlook_at(outlook, tsc));
    embrace(&all->rate_hull, outlook_rate_at(outlook, tsc));
    all->count++;
    if (outlook->wander_ppb_s > all->wander_ppb_s)
        all->wander_ppb_s = outlook->wander_ppb_s;
}

void consensus_bridge(struct consensus *all)
{
    if (all->agree || !all->complete || all->count == 0)
        return;
    all->value = all->value_hull;
    all->rate = all->rate_hull;
    all->agree = true;
}

void consensus_join(struct consensus *all, const struct outlook *outlook, uint64_t tsc, uint32_t slip_ns)
{
    struct range value = outlook_at(outlook, tsc);
    struct range rate = outlook_rate_at(outlook, tsc);

    value.lo -= slip_ns;
    value.hi += slip_ns;

    intersect(&all->value, value);
    intersect(&all->rate, rate);
    embrace(&all->value_hull, value);
    embrace(&all->rate_hull, rate);
    all->count++;
    if (outlook->wander_ppb_s > all->wander_ppb_s)
        all->wander_ppb_s = outlook->wander_ppb_s;
    if (outlook->phase_ns > all->phase_ns)
        all->phase_ns = outlook->phase_ns;
    /*
     * Where TSCs slip, two CPUs that saw a slip at different times differ in rate for a while. Their values
     * still meet.
     */
    all->agree = all->value.lo <= all->value.hi && (all->rate.lo <= all->rate.hi || slip_ns > 0);
}
