/*
 * A crystal with a rate that is known exactly: 1 + dev, and dev moves in straight pieces, by at most D a
 * second: as a random walk, or as a sine.
 */
#ifndef SIM_CRYSTAL_H
#define SIM_CRYSTAL_H

#include <stdbool.h>

#include "bend.h"
#include "random.h"

/* libm's are calls. */
static inline long double larger(long double a, long double b)
{
    return a > b ? a : b;
}

static inline long double smaller(long double a, long double b)
{
    return a < b ? a : b;
}

struct crystal_walk {
    long double hz;
    long double most;      /* D, of 1 a second */
    long double dev_limit; /* dev stays within it */
    bool sine;
    struct random r;               /* its own, so that it is the same crystal however often it is asked */
    const struct bending *bending; /* what it does beyond that; NULL: nothing */
    long double bent;              /* of dev, by that */
    long double bends_ns;          /* its next event */
    bool bends;                    /* what comes and goes is there */

    /* The piece at hand: where it began, and what was there. */
    long double from_ns, until_ns, ticks, dev, slope;
    unsigned step;
    /* What was asked last: most are asked again at the same instant. */
    long double at_ns, at_ticks;
};

/* Its ticks at `ns`, which never goes back. */
long double crystal_ticks(struct crystal_walk *crystal, long double ns);
/* From `ns` on, now or later, its D is `most`. */
void crystal_keep_to(struct crystal_walk *crystal, long double ns, long double most);
/* Its ticks a s now. */
long double crystal_hz(const struct crystal_walk *crystal);

#endif
