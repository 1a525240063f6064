/*
 * What is assumed of one crystal is learned, by margin: wander that hides inside the brackets cannot be seen,
 * so a tighter assumption, the guard, runs on the same brackets. When the guard fails, what is in force still
 * holds, and is widened before it is false. docs/clock.md, "What is assumed".
 */
#ifndef TIME_LEARN_H
#define TIME_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#include "time/estimate.h"

#define LEARN_MOST_WANDER_PPB_S 1000u /* Dmax: the outer assumption, printed */
#define LEARN_MOST_PHASE_NS     1000u /* Jmax of a board's own clocks */
#define LEARN_START_RUNG        3u    /* D at the start: 100 ppb/s */
#define LEARN_STEP_LOOKS        8u    /* an offset that stays so many looks is a step */

/* What a look said of what was assumed. */
enum finding {
    FINDING_FITS,
    FINDING_NARROWER,  /* less has been enough for long: less is assumed from now on */
    FINDING_WIDER,     /* all fits, but the margin is used up: more is assumed from now on */
    FINDING_BREACH,    /* nothing fitted; more wander or noise explains it: a bound may have been exceeded */
    FINDING_DISRUPTION /* nothing that may be assumed explains it */
};

struct learned {
    bool wander_fixed; /* D, by the command line */
    bool wander_learned, phase_learned;
    uint32_t
        wander_ppb_s; /* D and J by this crystal's own brackets: D is on the ladder, unless it is fixed */
    uint32_t phase_ns;
    unsigned rung;                  /* of D on the ladder */
    uint32_t floor_ns;              /* J is never below, ... */
    uint32_t most_ns;               /* ... and never above */
    uint64_t wander_tsc, phase_tsc; /* since then the rung below the guard has held; 0: not yet */
    unsigned looks;                 /* modulo LOWER_EVERY: that rung is not tried at each look */
    uint32_t phase_before_ns;       /* J before it was last raised ... */
    unsigned step_looks;            /* ... so many looks ago; 0: no step is suspected */
    uint64_t step_tsc;              /* and what it may be began then */
    struct crystal least;           /* after FINDING_BREACH: the smallest that fits, ... */
    bool noise;                     /* ... and whether it is by its noise that it does */
};

#define LEARN_WANDER UINT32_MAX /* D is not fixed */

/* Starts to learn. `wander_ppb_s`: D, if it is fixed. J is between floor_ns and most_ns. */
void learn_start(struct learned *learned, uint32_t wander_ppb_s, uint32_t floor_ns, uint32_t most_ns);

/* After a disruption: what was learned stays, but for noise that was assumed in the last few looks. */
void learn_restart(struct learned *learned, uint64_t tsc);

/*
 * Takes one more bracket, as estimate_add does, and learns from it. What is in force, in estimate->crystal,
 * is what was learned, but no less than `others`: unified mode takes the greatest of all CPUs'. Puts the
 * outlook under it into *out. `expected`: the bracket is where the last outlook had it. After
 * FINDING_DISRUPTION the estimate keeps this bracket alone. Where TSCs slip nothing is learned: brackets go
 * too often.
 */
enum finding learn_add(struct learned *learned, struct estimate *estimate, const struct bracket *bracket,
                       bool expected, struct crystal others, struct outlook *out);

#endif
