#include "time/estimate.h"

#include "time/fixed.h"

/*
 * Everything below is in residuals against the nominal scale, seen from the newest bracket:
 *
 *     x = the TSC, in nominal ns after the newest bracket's tsc_hi: 0 or negative for all brackets
 *     e = R - x - (the newest bracket's ref_lo)
 *
 * R is a line e(x). Each bracket bounds it from above at tsc_lo, for R had not passed ref_hi when the TSC was
 * at tsc_lo, and from below at tsc_hi, for R had passed ref_lo when the TSC was at tsc_hi.
 */
struct point {
    int64_t x, e;
};

struct constraints {
    struct point upper[ESTIMATE_BRACKETS], lower[ESTIMATE_BRACKETS];
    unsigned count;
};

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

static int64_t width_ns(const struct estimate *estimate, unsigned i)
{
    const struct bracket *b = &estimate->bracket[i];

    return scale_between_ns(estimate->nominal, b->tsc_lo, b->tsc_hi) + b->ref_hi_ns - b->ref_lo_ns;
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

/* One ns either way covers the rounding of scale_between_ns. */
static void constrain(const struct estimate *estimate, struct constraints *c)
{
    const struct bracket *newest = &estimate->bracket[estimate->count - 1];

    c->count = estimate->count;
    for (unsigned i = 0; i < estimate->count; i++) {
        const struct bracket *b = &estimate->bracket[i];
        int64_t x_lo = scale_between_ns(estimate->nominal, newest->tsc_hi, b->tsc_lo);
        int64_t x_hi = scale_between_ns(estimate->nominal, newest->tsc_hi, b->tsc_hi);

        c->upper[i].x = x_lo;
        c->upper[i].e =
            b->ref_hi_ns - newest->ref_lo_ns - x_lo + 1 + wander_ns(estimate->crystal.wander_ppb_s, x_lo);
        c->lower[i].x = x_hi;
        c->lower[i].e =
            b->ref_lo_ns - newest->ref_lo_ns - x_hi - 1 - wander_ns(estimate->crystal.wander_ppb_s, x_hi);
    }
}

#define RESIDUAL_LIMIT \
    (1ll << 31) /* what q32_ratio_floor takes; two seconds of residual are a disruption anyway */

/*
 * Returns true if num / den, in q32, is at least `least`. A product takes the place of the division: only
 * pairs that narrow the range need one, a few of a thousand.
 */
static bool ratio_from(int64_t num, int64_t den, int64_t least)
{
    return (__int128)least * den <= num * Q32_ONE;
}

/*
 * Fourier-Motzkin: a line e = v + r x under every upper and over every lower point exists for exactly those r
 * that pass every pair (upper, lower) of points. Rounds outwards. Returns false if there is none.
 */
static bool rate_range(const struct constraints *c, int64_t *rate_lo, int64_t *rate_hi)
{
    for (unsigned i = 0; i < c->count; i++) {
        for (unsigned j = 0; j < c->count; j++) {
            int64_t dx = c->lower[i].x - c->upper[j].x;
            int64_t de = c->lower[i].e - c->upper[j].e;

            if (de >= RESIDUAL_LIMIT)
                return false;
            if (de <= -RESIDUAL_LIMIT)
                continue; /* says nothing that the limit on the rate does not */
            if (dx > 0 && ratio_from(de, dx, *rate_lo + 1))
                *rate_lo = q32_ratio_floor(de, dx);
            else if (dx < 0 && ratio_from(de, -dx, 1 - *rate_hi))
                *rate_hi = q32_ratio_ceil(-de, -dx);
            else if (dx == 0 && de > 0)
                return false;
        }
    }
    return *rate_lo <= *rate_hi;
}

/* Every bracket lies in the past (x <= 0), so v is least at the lowest rate and greatest at the highest. */
static bool value_range(const struct constraints *c, struct outlook *out)
{
    int64_t lo = INT64_MIN, hi = INT64_MAX;

    for (unsigned i = 0; i < c->count; i++) {
        lo = max_i64(lo, c->lower[i].e + q32_mul_floor(-c->lower[i].x, out->rate_lo));
        hi = min_i64(hi, c->upper[i].e + q32_mul_ceil(-c->upper[i].x, out->rate_hi));
    }
    out->lo_ns += lo;
    out->hi_ns += hi;
    return lo <= hi;
}

/* The rate may have wandered out of what was known of it, since then. */
static struct range limit_now(const struct estimate *estimate)
{
    const struct bracket *newest = &estimate->bracket[estimate->count - 1];
    int64_t age = scale_between_ns(estimate->nominal, estimate->limit_tsc, newest->tsc_hi);
    int64_t wander = wander_q32(estimate->crystal.wander_ppb_s, age);

    return (struct range){
        .lo = max_i64(FULL_LIMIT.lo, estimate->rate_limit.lo - wander),
        .hi = min_i64(FULL_LIMIT.hi, estimate->rate_limit.hi + wander),
    };
}

static bool solve(const struct estimate *estimate, struct outlook *out)
{
    const struct bracket *newest = &estimate->bracket[estimate->count - 1];
    struct range limit = limit_now(estimate);
    struct constraints c;

    constrain(estimate, &c);
    out->tsc = newest->tsc_hi;
    out->nominal = estimate->nominal;
    out->wander_ppb_s = estimate->crystal.wander_ppb_s;
    out->lo_ns = out->hi_ns = newest->ref_lo_ns;
    out->rate_lo = limit.lo;
    out->rate_hi = limit.hi;
    return rate_range(&c, &out->rate_lo, &out->rate_hi) && value_range(&c, out);
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
    solve(estimate, out);
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

bool estimate_add(struct estimate *estimate, const struct bracket *bracket, struct outlook *out)
{
    struct outlook before;
    /* Only a slip asks what was known before; where slips are not allowed for there are none. */
    bool slips = estimate->crystal.slip_ns > 0 && estimate->count > 0;
    bool known = slips && solve(estimate, &before), again = estimate->count == 1;

    if (estimate->count == 0 || bracket->tsc_hi >= estimate->bracket[estimate->count - 1].tsc_lo) {
        forget_old(estimate);
        if (estimate->count == ESTIMATE_BRACKETS)
            make_room(estimate);
        append(estimate, bracket);
        if (solve(estimate, out))
            return true;
        if (known && slip(estimate, &before, again, bracket, out))
            return true;
    }
    begin_again(estimate, bracket, FULL_LIMIT, bracket->tsc_hi, out);
    return false;
}
