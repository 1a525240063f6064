#include "bend.h"

#include <math.h>

#include "crystal.h"

#define TURN     6.28318530717958647693L
#define CHORD_NS 2.5e8L /* a warm-up is made of straight pieces no longer than this */

static long double warm_dev(const struct bending *b, long double ns)
{
    return b->size * (1 - expl(-ns / b->every_ns));
}

static void add_dev(struct crystal_walk *c, long double dev)
{
    c->dev += dev;
    c->bent += dev;
}

/* Up or down, but no farther than three steps from where it began. */
static void step_rate(struct crystal_walk *c, long double size)
{
    bool up = random_next(&c->r) & 1;

    if (fabsl(c->bent) > 2.5L * size)
        up = c->bent < 0;
    add_dev(c, up ? size : -size);
}

/* What is due now; and when the next is. */
static void event(struct crystal_walk *c)
{
    const struct bending *b = c->bending;

    c->bends_ns += b->every_ns;
    if (b->law == LAW_RATE_STEPS)
        step_rate(c, b->size);
    if (b->law == LAW_STEPS)
        c->ticks += c->hz * b->size;
    if (b->law != LAW_SLEWS && b->law != LAW_NEW_RATES)
        return;
    c->bends = !c->bends;
    add_dev(c, c->bends ? b->size : -b->size);
    c->bends_ns += (c->bends ? b->lasts_ns : b->every_ns - b->lasts_ns) - b->every_ns;
}

long double bend_piece(struct crystal_walk *c, long double lasts)
{
    const struct bending *b = c->bending;

    if (b->law == LAW_RIPPLE)
        return lasts;
    if (b->law == LAW_WARMS) {
        long double from = warm_dev(b, c->from_ns), more;

        lasts = smaller(lasts, CHORD_NS);
        more = warm_dev(b, c->from_ns + lasts) - from;
        c->bent = from;
        c->slope += more / (lasts * 1e-9L);
        return lasts;
    }
    if (c->bends_ns <= 0)
        c->bends_ns = b->every_ns * (0.5L + (long double)(random_next(&c->r) >> 12) / 0x1p52L);
    else if (c->from_ns >= c->bends_ns)
        event(c);
    return smaller(lasts, c->bends_ns - c->from_ns);
}

long double bend_phase_s(const struct bending *b, long double ns)
{
    return b->law == LAW_RIPPLE ? b->size * sinl(fmodl(ns, b->every_ns) * (TURN / b->every_ns)) : 0;
}
