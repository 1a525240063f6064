#include "time/ratio.h"

/* A tick of the timer's own scale is one ns. */
static const struct tsc_scale OWN_NS = {.mul = 1u << 31, .shift = 1};

#define SCALED_LIMIT (1u << 30) /* of a counter's num and den (bracket.h) */

void ratio_init(struct ratio *ratio, const struct counter *counter, uint32_t wander_ppb_s)
{
    ratio->counter = *counter;
    ratio->origin = 0;
    estimate_init(&ratio->estimate, OWN_NS, (struct crystal){.wander_ppb_s = wander_ppb_s});
}

/* The own ns of a 64-bit count: it may be one on that begins now, or one that goes on for a whole count. */
static struct range own_of(const struct ratio *ratio, uint64_t count, bool edge)
{
    struct bracket own = bracket_from_count(&ratio->counter, ratio->origin, count, edge, 0, 0);

    return (struct range){own.ref_lo_ns, own.ref_hi_ns};
}

/* When R is within `ref_ns`, by the timer's own ns: from the last bracket on, at any possible rate. */
static struct range own_expected(const struct ratio *ratio, struct range ref_ns)
{
    const struct bracket *last = &ratio->estimate.bracket[ratio->estimate.count - 1];
    int64_t from = ref_ns.lo - last->ref_hi_ns, to = ref_ns.hi - last->ref_lo_ns;
    int64_t most = max_i64(abs_i64(from), abs_i64(to));
    struct range rate = outlook_rate_at(&ratio->outlook, last->tsc_hi + (uint64_t)most);
    int64_t spread = wander_ns(ratio->estimate.crystal.wander_ppb_s, most) + 2;

    /* 1 / (1 + r) is 1 - r, and r^2 more: with r up to 2^-11 that is 2^-22 of the span. */
    spread += most >> 22;
    return (struct range){
        .lo = (int64_t)last->tsc_lo + from -
              max_i64(q32_mul_ceil(from, rate.hi), q32_mul_ceil(from, rate.lo)) - spread,
        .hi = (int64_t)last->tsc_hi + to - min_i64(q32_mul_floor(to, rate.lo), q32_mul_floor(to, rate.hi)) +
              spread,
    };
}

bool ratio_near(struct range ref_ns)
{
    return ref_ns.lo > -SCALE_FAR_NS && ref_ns.hi < SCALE_FAR_NS;
}

bool ratio_place(const struct ratio *ratio, const struct sighting *seen, struct range *own)
{
    struct range expected;
    uint64_t count;

    if (!ratio_near(seen->ref_ns))
        return false;
    expected = own_expected(ratio, seen->ref_ns);
    if (expected.hi - expected.lo >= counter_wrap_ns(&ratio->counter) / 4)
        return false;
    count = ratio->origin + counter_from_ns(&ratio->counter, range_middle(expected));
    *own = own_of(ratio, counter_unwrap(&ratio->counter, count, seen->count), seen->edge);
    return own->lo >= 0;
}

struct range ratio_ref_ns(const struct ratio *ratio, struct range own)
{
    return (struct range){.lo = outlook_at(&ratio->outlook, (uint64_t)own.lo).lo,
                          .hi = outlook_at(&ratio->outlook, (uint64_t)own.hi).hi};
}

bool ratio_fits(const struct ratio *ratio, const struct sighting *seen)
{
    struct range own, ref;

    if (!ratio_place(ratio, seen, &own))
        return false;
    ref = ratio_ref_ns(ratio, own);
    return ref.lo <= seen->ref_ns.hi && seen->ref_ns.lo <= ref.hi;
}

static struct bracket bracket_of(struct range own, struct range ref)
{
    return (struct bracket){(uint64_t)own.lo, (uint64_t)own.hi, ref.lo, ref.hi};
}

/* Nothing but this sighting: the timer's own ns begin with it. */
static void ratio_begin(struct ratio *ratio, const struct sighting *seen)
{
    struct bracket bracket;

    ratio_init(ratio, &ratio->counter, ratio->estimate.crystal.wander_ppb_s);
    ratio->origin = seen->count;
    bracket = bracket_of(own_of(ratio, seen->count, seen->edge), seen->ref_ns);
    estimate_add(&ratio->estimate, &bracket, &ratio->outlook);
}

/*
 * To solve an estimate takes time by the square of its brackets, and a few of all ages say nearly as much. Of
 * the two neighbours that lie closest for their age the wider one goes; the first and the last stay.
 */
static void make_few(struct estimate *estimate)
{
    const struct bracket *b = estimate->bracket;
    uint64_t now = b[estimate->count - 1].tsc_hi, closest = UINT64_MAX;
    unsigned victim = 1;

    for (unsigned i = 1; i + 2 < estimate->count; i++) {
        uint64_t gap = (b[i + 1].tsc_lo - b[i].tsc_lo) / ((now - b[i].tsc_lo) / 1024 + 1);

        if (gap < closest) {
            closest = gap;
            victim = b[i].ref_hi_ns - b[i].ref_lo_ns > b[i + 1].ref_hi_ns - b[i + 1].ref_lo_ns ? i : i + 1;
        }
    }
    estimate->count--;
    for (unsigned i = victim; i < estimate->count; i++)
        estimate->bracket[i] = estimate->bracket[i + 1];
}

bool ratio_add(struct ratio *ratio, const struct sighting *seen)
{
    struct bracket bracket;
    struct range own;

    if (ratio->estimate.count == RATIO_BRACKETS)
        make_few(&ratio->estimate);
    if (ratio->estimate.count > 0 && ratio_place(ratio, seen, &own)) {
        bracket = bracket_of(own, seen->ref_ns);
        if (estimate_add(&ratio->estimate, &bracket, &ratio->outlook))
            return true;
    }
    bool first = ratio->estimate.count == 0;
    ratio_begin(ratio, seen);
    return first;
}

/* The outlook has R's rate on the timer's ns. The timer's on R's is the inverse: -r, and r^2 more. */
struct range ratio_ppb(const struct ratio *ratio)
{
    int64_t most = max_i64(abs_i64(ratio->outlook.rate_lo), abs_i64(ratio->outlook.rate_hi));
    int64_t square = q32_mul_ceil(most, most) + 1;

    return (struct range){.lo = -ppb_from_q32_away(ratio->outlook.rate_hi + square) - 1,
                          .hi = -ppb_from_q32_away(ratio->outlook.rate_lo - square) + 1};
}

/*
 * num and den grow alike until num is just below the limit: then a unit of it is less than 2 ppb.
 */
static struct counter at_rate(const struct counter *counter, int64_t rate_q32)
{
    uint32_t factor = (SCALED_LIMIT - SCALED_LIMIT / 1024) / counter->num;
    int64_t num = (int64_t)counter->num * factor;

    return (struct counter){(uint32_t)(num + q32_mul_floor(num, rate_q32)), counter->den * factor,
                            counter->bits};
}

struct relay ratio_relay(const struct ratio *ratio, struct range own)
{
    struct range begins = outlook_at(&ratio->outlook, (uint64_t)own.lo);
    struct range rate = outlook_rate_at(&ratio->outlook, (uint64_t)own.lo);
    int64_t middle = range_middle(rate);

    return (struct relay){
        .counter = at_rate(&ratio->counter, middle),
        .base_ns = range_middle(begins),
        .slack_ns = (begins.hi - begins.lo) / 2 + 1,
        .slack_ppb = (uint32_t)(ppb_from_q32_away(rate.hi - middle + 1) + 2), /* 2: a unit of num */
    };
}
