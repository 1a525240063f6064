#include "time/consensus.h"

#include "time/fixed.h"

void consensus_start(struct consensus *all)
{
    static const struct range everything = {INT64_MIN, INT64_MAX};
    static const struct range nothing = {INT64_MAX, INT64_MIN};

    *all = (struct consensus){
        .value = everything, .rate = everything, .value_hull = nothing, .rate_hull = nothing};
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
    /*
     * Where TSCs slip, two CPUs that saw it at different times differ in rate for a while; their values still
     * meet.
     */
    all->agree = all->value.lo <= all->value.hi && (all->rate.lo <= all->rate.hi || slip_ns > 0);
}
