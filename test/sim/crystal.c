#include "crystal.h"

#include <math.h>

#define SINE_STEPS 16u

static long double part(struct random *r, long double most)
{
    return most * (long double)(random_next(r) >> 11) / 9007199254740992.0L;
}

/*
 * The keeper counts D by the TSC's own time, in which R's rate is 1 / (1 + dev): so what dev may do in a
 * second of R is D (1 + dev)^3. The least of a piece counts.
 */
static long double exactly(const struct crystal_walk *c, long double slope, long double lasts_ns)
{
    long double end = c->dev + slope * lasts_ns * 1e-9L;

    return slope * (1 + 3 * smaller(c->dev, larger(end, -c->dev_limit + c->bent)));
}

/* D up, D down, or something between, for 50 ms to 8 s, and no farther than the limit. */
static long double walk_piece(struct crystal_walk *c)
{
    uint64_t kind = random_next(&c->r) % 3;

    c->slope = kind == 0 ? c->most : kind == 1 ? -c->most : part(&c->r, 2 * c->most) - c->most;
    if (fabsl(c->dev - c->bent) >= c->dev_limit)
        c->slope = c->dev > c->bent ? -c->most : c->most;
    return 5e7L + part(&c->r, 8e9L);
}

/* A sixteenth of a turn; a turn lasts 16 s to half an hour, by the crystal's own hz. */
static long double sine_piece(struct crystal_walk *c)
{
    static const long double cosine[SINE_STEPS] = {1,        0.9239L,  0.7071L, 0.3827L,  0,        -0.3827L,
                                                   -0.7071L, -0.9239L, -1,      -0.9239L, -0.7071L, -0.3827L,
                                                   0,        0.3827L,  0.7071L, 0.9239L};

    c->slope = c->most * cosine[c->step++ % SINE_STEPS];
    return 1e9L + fmodl(c->hz, 100) * 1e9L;
}

static void next_piece(struct crystal_walk *c)
{
    long double lasts = c->sine ? sine_piece(c) : walk_piece(c), room;

    if (c->sine && fabsl(c->dev) >= c->dev_limit)
        c->slope = c->dev > 0 ? -c->most : c->most;
    room = c->slope > 0 ? c->dev_limit - c->dev + c->bent : c->dev_limit + c->dev - c->bent;
    lasts = smaller(lasts, 1e6L + 1e9L * room / larger(fabsl(c->slope), 1e-18L));
    c->slope = exactly(c, c->slope, lasts);
    c->until_ns = c->from_ns + (c->bending ? bend_piece(c, lasts) : lasts);
}

static long double ticks_in_piece(const struct crystal_walk *c, long double s)
{
    return c->ticks + c->hz * s * (1 + c->dev + c->slope * s / 2);
}

static void end_piece(struct crystal_walk *c, long double ns)
{
    long double s = (ns - c->from_ns) * 1e-9L;

    c->ticks = ticks_in_piece(c, s);
    c->dev += c->slope * s;
    c->from_ns = ns;
    next_piece(c);
}

void crystal_keep_to(struct crystal_walk *c, long double ns, long double most)
{
    crystal_ticks(c, ns);
    c->most = most;
    end_piece(c, ns);
}

long double crystal_ticks(struct crystal_walk *c, long double ns)
{
    if (ns == c->at_ns)
        return c->at_ticks;
    while (ns > c->until_ns)
        end_piece(c, c->until_ns);
    c->at_ns = ns;
    c->at_ticks = ticks_in_piece(c, (ns - c->from_ns) * 1e-9L);
    if (c->bending)
        c->at_ticks += c->hz * bend_phase_s(c->bending, ns);
    return c->at_ticks;
}

long double crystal_hz(const struct crystal_walk *c)
{
    return c->hz * (1 + c->dev + c->slope * (c->at_ns - c->from_ns) * 1e-9L);
}
