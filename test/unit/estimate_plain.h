/*
 * The estimate in its plain form: the rules of docs/clock.md and of estimate.h written down once more in 128
 * bits, with every division made and nothing saved. What the time core computes must be this, bit for bit.
 */
#ifndef ESTIMATE_PLAIN_H
#define ESTIMATE_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "time/estimate.h"

typedef __int128 wide;

#define PLAIN_KEPT   32
#define PLAIN_AGE_NS 1000000000000ll /* a reading is kept so long */
#define PLAIN_ONE    ((wide)1 << 32)
#define PLAIN_FAR_NS ((wide)1 << 60) /* more nobody can tell apart */
#define PLAIN_RATE   2147483         /* 500 ppm in q32 */
#define PLAIN_MOST   ((wide)1 << 31) /* a residual beyond this is a disruption by itself */

struct plain {
    struct tsc_scale nominal;
    uint32_t wander_ppb_s, slip_ns;
    int64_t limit_lo, limit_hi;
    uint64_t limit_tsc;
    unsigned count, slips;
    struct bracket bracket[PLAIN_KEPT + 1];
};

static inline wide plain_least(wide a, wide b)
{
    return a < b ? a : b;
}

static inline wide plain_most(wide a, wide b)
{
    return a > b ? a : b;
}

static inline wide plain_floor(wide a, wide b)
{
    return a / b - (a % b < 0);
}

static inline wide plain_ceil(wide a, wide b)
{
    return -plain_floor(-a, b);
}

static inline wide plain_magnitude(wide a)
{
    return a < 0 ? -a : a;
}

/* Nominal ns, rounded towards 0. */
static inline wide plain_ns(struct tsc_scale nominal, uint64_t from, uint64_t to)
{
    wide ticks = to >= from ? to - from : from - to, product = ticks * nominal.mul, ns;

    ns = nominal.shift < 0 ? product >> -nominal.shift : product << nominal.shift;
    ns = plain_least(ns >> 32, PLAIN_FAR_NS);
    return to >= from ? ns : -ns;
}

/* D t^2 / 2, t in whole ms and at most 3000 s, both rounded up. */
static inline wide plain_wander(uint32_t wander_ppb_s, wide age_ns)
{
    wide ms = plain_least(plain_ceil(plain_magnitude(age_ns), 1000000), 3000000);

    return plain_ceil(wander_ppb_s * ms * ms, 2000000);
}

/* D t in q32: t in ms, one more than the whole ones; at most 2000 ppm. */
static inline wide plain_rate_wander(uint32_t wander_ppb_s, wide span_ns)
{
    wide ms = plain_least(plain_magnitude(span_ns) / 1000000 + 1, 1000000000);
    wide ppb = plain_least(plain_ceil(wander_ppb_s * ms, 1000), 2000000);

    return (ppb << 32) / 1000000000 + 1;
}

struct plain_corner {
    wide x, e;
};

static inline void plain_corners(const struct plain *p, unsigned i, struct plain_corner *upper,
                                 struct plain_corner *lower)
{
    const struct bracket *newest = &p->bracket[p->count - 1], *b = &p->bracket[i];

    upper->x = plain_ns(p->nominal, newest->tsc_hi, b->tsc_lo);
    upper->e =
        (wide)b->ref_hi_ns - newest->ref_lo_ns - upper->x + 1 + plain_wander(p->wander_ppb_s, upper->x);
    lower->x = plain_ns(p->nominal, newest->tsc_hi, b->tsc_hi);
    lower->e =
        (wide)b->ref_lo_ns - newest->ref_lo_ns - lower->x - 1 - plain_wander(p->wander_ppb_s, lower->x);
}

/* What two corners say of the rate. Returns false if there is none. */
static inline bool plain_pair(const struct plain_corner *upper, const struct plain_corner *lower, wide *lo,
                              wide *hi)
{
    wide dx = lower->x - upper->x, de = lower->e - upper->e;

    if (de >= PLAIN_MOST)
        return false;
    if (de <= -PLAIN_MOST)
        return true;
    if (dx == 0)
        return de <= 0;
    if (dx > 0)
        *lo = plain_most(*lo, plain_floor(de * PLAIN_ONE, dx));
    else
        *hi = plain_least(*hi, plain_ceil(-de * PLAIN_ONE, -dx));
    return true;
}

static inline bool plain_look(const struct plain *p, struct outlook *out)
{
    const struct bracket *newest = &p->bracket[p->count - 1];
    wide wander = plain_rate_wander(p->wander_ppb_s, plain_ns(p->nominal, p->limit_tsc, newest->tsc_hi));
    wide lo = plain_most(-PLAIN_RATE, p->limit_lo - wander),
         hi = plain_least(PLAIN_RATE, p->limit_hi + wander);
    wide least = -((wide)1 << 100), most = (wide)1 << 100;
    struct plain_corner upper, lower, other;

    for (unsigned i = 0; i < p->count; i++)
        for (unsigned j = 0; j < p->count; j++) {
            plain_corners(p, i, &other, &lower);
            plain_corners(p, j, &upper, &other);
            if (!plain_pair(&upper, &lower, &lo, &hi))
                return false;
        }
    for (unsigned i = 0; i < p->count; i++) {
        plain_corners(p, i, &upper, &lower);
        least = plain_most(least, lower.e + plain_floor(-lower.x * lo, PLAIN_ONE));
        most = plain_least(most, upper.e + plain_ceil(-upper.x * hi, PLAIN_ONE));
    }
    *out = (struct outlook){newest->tsc_hi,
                            (int64_t)(newest->ref_lo_ns + least),
                            (int64_t)(newest->ref_lo_ns + most),
                            (int64_t)lo,
                            (int64_t)hi,
                            p->nominal,
                            p->wander_ppb_s};
    return lo <= hi && least <= most;
}

static inline struct range plain_at(const struct outlook *o, uint64_t tsc)
{
    wide x = plain_ns(o->nominal, o->tsc, tsc), spread = plain_wander(o->wander_ppb_s, x) + 1;
    wide a = x * o->rate_lo, b = x * o->rate_hi;

    return (struct range){
        (int64_t)(o->lo_ns + x + plain_floor(plain_least(a, b), PLAIN_ONE) - spread),
        (int64_t)(o->hi_ns + x + plain_ceil(plain_most(a, b), PLAIN_ONE) + spread),
    };
}

static inline struct range plain_rate_at(const struct outlook *o, uint64_t tsc)
{
    wide wander = plain_rate_wander(o->wander_ppb_s, plain_ns(o->nominal, o->tsc, tsc));

    return (struct range){(int64_t)(o->rate_lo - wander), (int64_t)(o->rate_hi + wander)};
}

/* ---- Which readings are kept ---- */

static inline void plain_drop(struct plain *p, unsigned victim)
{
    p->count--;
    for (unsigned i = victim; i < p->count; i++)
        p->bracket[i] = p->bracket[i + 1];
}

static inline wide plain_width(const struct plain *p, unsigned i)
{
    const struct bracket *b = &p->bracket[i];

    return plain_ns(p->nominal, b->tsc_lo, b->tsc_hi) + b->ref_hi_ns - b->ref_lo_ns;
}

/* Of the neighbours that lie closest for their age the wider one, or the older; the newest stays. */
static inline void plain_make_room(struct plain *p)
{
    uint64_t now = p->bracket[p->count - 1].tsc_hi;
    unsigned best = 0;
    wide closest = (wide)1 << 100;

    for (unsigned i = 0; i < PLAIN_KEPT - 2; i++) {
        wide age = plain_ns(p->nominal, p->bracket[i].tsc_lo, now) / 1024 + 1;
        wide gap = plain_ns(p->nominal, p->bracket[i].tsc_lo, p->bracket[i + 1].tsc_lo) / age;

        if (gap < closest) {
            closest = gap;
            best = i;
        }
    }
    plain_drop(p, plain_width(p, best + 1) > plain_width(p, best) ? best + 1 : best);
}

/* A tick more, for what the TSC had moved on; and the newest is the latest of all. */
static inline void plain_append(struct plain *p, const struct bracket *b)
{
    p->bracket[p->count] = *b;
    p->bracket[p->count].tsc_hi++;
    if (p->count > 0 && p->bracket[p->count].tsc_hi < p->bracket[p->count - 1].tsc_hi)
        p->bracket[p->count].tsc_hi = p->bracket[p->count - 1].tsc_hi;
    p->count++;
}

static inline void plain_again(struct plain *p, const struct bracket *b, int64_t lo, int64_t hi, uint64_t tsc,
                               struct outlook *out)
{
    p->limit_lo = lo;
    p->limit_hi = hi;
    p->limit_tsc = tsc;
    p->count = 0;
    plain_append(p, b);
    plain_look(p, out);
}

/* A disagreement within what the TSC may slip: the known rate stays, with room if it is the second. */
static inline bool plain_slip(struct plain *p, const struct outlook *before, bool second,
                              const struct bracket *b, struct outlook *out)
{
    wide above = b->ref_lo_ns - plain_at(before, b->tsc_hi).hi,
         below = plain_at(before, b->tsc_lo).lo - b->ref_hi_ns;
    wide gap = plain_most(0, plain_most(above, below)) + 1;
    wide since = plain_most(1000000, plain_ns(before->nominal, before->tsc, b->tsc_hi));
    wide room = second ? plain_ceil(gap * PLAIN_ONE, since) : 0;

    if (gap > p->slip_ns)
        return false;
    plain_again(p, b, (int64_t)(before->rate_lo - room), (int64_t)(before->rate_hi + room), before->tsc, out);
    p->slips++;
    return true;
}

static inline bool plain_add(struct plain *p, const struct bracket *b, struct outlook *out)
{
    struct outlook before;
    bool second = p->count == 1, known = p->count > 0 && plain_look(p, &before);

    if (p->count == 0 || b->tsc_hi >= p->bracket[p->count - 1].tsc_lo) {
        while (p->count > 1 &&
               plain_ns(p->nominal, p->bracket[0].tsc_lo, p->bracket[p->count - 1].tsc_hi) > PLAIN_AGE_NS)
            plain_drop(p, 0);
        if (p->count == PLAIN_KEPT)
            plain_make_room(p);
        plain_append(p, b);
        if (plain_look(p, out))
            return true;
        if (known && plain_slip(p, &before, second, b, out))
            return true;
    }
    plain_again(p, b, -PLAIN_RATE, PLAIN_RATE, b->tsc_hi, out);
    return false;
}

#endif
