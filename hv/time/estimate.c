#include "time/estimate.h"

#include "time/fixed.h"
#include "time/solve.h"

static const struct range FULL_LIMIT = {-(ESTIMATE_RATE_LIMIT_PPB * 4294967296 / 1000000000),
                                        ESTIMATE_RATE_LIMIT_PPB * 4294967296 / 1000000000};

void estimate_init(struct estimate *estimate, struct tsc_scale nominal, struct crystal crystal)
{
    estimate->nominal = nominal;
    estimate->crystal = crystal;
    estimate->rate_limit = FULL_LIMIT;
    estimate->limit_tsc = 0;
    estimate->slips = 0;
    estimate->count = 0;
}

int64_t bracket_width_ns(const struct bracket *bracket, struct tsc_scale nominal)
{
    return scale_between_ns(nominal, bracket->tsc_lo, bracket->tsc_hi) + bracket->ref_hi_ns -
           bracket->ref_lo_ns;
}

static int64_t width_ns(const struct estimate *estimate, unsigned i)
{
    return bracket_width_ns(&estimate->bracket[i], estimate->nominal);
}

static void drop(struct estimate *estimate, unsigned victim)
{
    estimate->count--;
    for (unsigned i = victim; i < estimate->count; i++)
        estimate->bracket[i] = estimate->bracket[i + 1];
}

/*
 * When the list is full, one bracket goes: of the two neighbours that lie closest for their age, the wider
 * one. So what remains is spaced by its age, dense near now, and tight. The newest is never dropped.
 */
static void make_room(struct estimate *estimate)
{
    uint64_t now = estimate->bracket[estimate->count - 1].tsc_hi;
    unsigned best = 0;
    int64_t best_gap = INT64_MAX;

    for (unsigned i = 0; i + 2 < estimate->count; i++) {
        int64_t age = scale_between_ns(estimate->nominal, estimate->bracket[i].tsc_lo, now) / 1024 + 1;
        int64_t gap =
            scale_between_ns(estimate->nominal, estimate->bracket[i].tsc_lo, estimate->bracket[i + 1].tsc_lo);

        if (gap / age < best_gap) {
            best_gap = gap / age;
            best = i;
        }
    }
    drop(estimate, width_ns(estimate, best) >= width_ns(estimate, best + 1) ? best : best + 1);
}

/*
 * Ages count from the newest bracket that is kept, not from the one that comes: a TSC that jumps must not
 * outlive its witnesses.
 */
static void forget_old(struct estimate *estimate)
{
    while (estimate->count > 1 &&
           scale_between_ns(estimate->nominal, estimate->bracket[0].tsc_lo,
                            estimate->bracket[estimate->count - 1].tsc_hi) > ESTIMATE_MAX_AGE_NS)
        drop(estimate, 0);
}

/* The rate may have wandered out of what was known of it, since then. */
static struct range limit_now(const struct estimate *estimate, uint32_t wander_ppb_s)
{
    const struct bracket *newest = &estimate->bracket[estimate->count - 1];
    int64_t age = scale_between_ns(estimate->nominal, estimate->limit_tsc, newest->tsc_hi);
    int64_t wander = wander_q32(wander_ppb_s, age);

    return (struct range){
        .lo = max_i64(FULL_LIMIT.lo, estimate->rate_limit.lo - wander),
        .hi = min_i64(FULL_LIMIT.hi, estimate->rate_limit.hi + wander),
    };
}

bool estimate_solve(const struct estimate *estimate, struct crystal crystal, unsigned first,
                    struct outlook *out)
{
    const struct bracket *newest = &estimate->bracket[estimate->count - 1];
    struct range rate = limit_now(estimate, crystal.wander_ppb_s), value;
    struct constraints c;
    bool any;

    constraints_from(estimate, crystal, first, newest->tsc_hi, &c);
    any = constraints_rate(&c, &rate);
    value = any ? constraints_value(&c, rate) : (struct range){0, 0};
    *out = (struct outlook){
        .tsc = newest->tsc_hi,
        .lo_ns = c.base_ns + value.lo,
        .hi_ns = c.base_ns + value.hi,
        .rate_lo = rate.lo,
        .rate_hi = rate.hi,
        .nominal = estimate->nominal,
        .wander_ppb_s = crystal.wander_ppb_s,
        .phase_ns = crystal.phase_ns,
    };
    return any && value.lo <= value.hi;
}

unsigned estimate_since(const struct estimate *estimate, uint64_t tsc)
{
    unsigned first = 0;

    while (first + 1 < estimate->count && estimate->bracket[first].tsc_lo < tsc)
        first++;
    return first;
}

void estimate_forget_before(struct estimate *estimate, uint64_t tsc)
{
    while (estimate->count > 1 && estimate->bracket[0].tsc_lo < tsc)
        drop(estimate, 0);
}

/*
 * One tick more, for the TSC had moved on by up to that when it showed tsc_hi (20 ns on a slow emulator).
 * value_range needs the newest tsc_hi to be the latest of all; widening a bracket upwards keeps it true.
 */
static void append(struct estimate *estimate, const struct bracket *bracket)
{
    struct bracket *last = &estimate->bracket[estimate->count];

    *last = *bracket;
    last->tsc_hi++;
    if (estimate->count > 0 && last->tsc_hi < last[-1].tsc_hi)
        last->tsc_hi = last[-1].tsc_hi;
    estimate->count++;
}

/* `limit` is the rate's, at `limit_tsc`. */
static void begin_again(struct estimate *estimate, const struct bracket *bracket, struct range limit,
                        uint64_t limit_tsc, struct outlook *out)
{
    estimate->rate_limit = limit;
    estimate->limit_tsc = limit_tsc;
    estimate->count = 0;
    append(estimate, bracket);
    estimate_solve(estimate, estimate->crystal, 0, out);
}

void estimate_restart(struct estimate *estimate, const struct bracket *bracket, struct outlook *out)
{
    begin_again(estimate, bracket, FULL_LIMIT, bracket->tsc_hi, out);
}

/*
 * Returns false if the bracket is off by more than a slip. `before` is the outlook without it.
 * - The first slip leaves the rate as it was known.
 * - A second slip in a row may be a change of rate after all: the rate's range is widened by what it would
 *   be.
 * - A gap of nothing counts as one ns: then older brackets alone make the set empty.
 */
static bool slip(struct estimate *estimate, const struct outlook *before, bool again,
                 const struct bracket *bracket, struct outlook *out)
{
    int64_t gap = outlook_gap_ns(before, bracket) + 1;
    int64_t since = max_i64(1000000, scale_between_ns(before->nominal, before->tsc, bracket->tsc_hi));
    int64_t room;

    if (gap > estimate->crystal.slip_ns) /* a larger gap need not fit q32_ratio_ceil either */
        return false;
    room = again ? q32_ratio_ceil(gap, since) : 0;
    begin_again(estimate, bracket, (struct range){before->rate_lo - room, before->rate_hi + room},
                before->tsc, out);
    estimate->slips++;
    return true;
}

bool estimate_append(struct estimate *estimate, const struct bracket *bracket)
{
    if (estimate->count > 0 && bracket->tsc_hi < estimate->bracket[estimate->count - 1].tsc_lo)
        return false;
    forget_old(estimate);
    if (estimate->count == ESTIMATE_BRACKETS)
        make_room(estimate);
    append(estimate, bracket);
    return true;
}

bool estimate_add(struct estimate *estimate, const struct bracket *bracket, struct outlook *out)
{
    struct outlook before;
    /* Only a slip asks what was known before; where slips are not allowed for there are none. */
    bool slips = estimate->crystal.slip_ns > 0 && estimate->count > 0;
    bool known = slips && estimate_solve(estimate, estimate->crystal, 0, &before),
         again = estimate->count == 1;

    if (estimate_append(estimate, bracket)) {
        if (estimate_solve(estimate, estimate->crystal, 0, out))
            return true;
        if (known && slip(estimate, &before, again, bracket, out))
            return true;
    }
    estimate_restart(estimate, bracket, out);
    return false;
}
