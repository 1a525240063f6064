/*
 * The timeline S that guests see. It is steered after R by its rate alone, never by a step back, within a
 * stated slew (T5). Its bound is the sum of what is not known (docs/clock.md has the terms).
 */
#ifndef TIME_TIMELINE_H
#define TIME_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "time/estimate.h"
#include "time/line.h"

#define TIMELINE_SLEW_PPB   500000       /* corrections bend the rate by at most this */
#define TIMELINE_HORIZON_NS 1000000000ll /* an offset is worked off as if over so long */
#define TIMELINE_SETTLING   4u           /* updates after a disruption until the bound is given again */

struct bound {
    uint64_t ns;  /* |S - R| at the joint; UINT64_MAX: unknown */
    uint32_t ppb; /* its growth; UINT32_MAX: unknown */
};

#define BOUND_UNKNOWN ((struct bound){UINT64_MAX, UINT32_MAX})

struct timeline {
    struct line line;
    struct tsc_scale nominal;
    int64_t anchor_ns;      /* S = R + this, outside a disruption */
    uint32_t tolerance_ppb; /* how far the reference's own nominal rate may lie off */
    uint16_t disruptions;
    unsigned settling; /* updates until the bound is known */
    bool anchored;
    bool free_running;  /* never steered: the rate of the start for ever, as in 2005 (the bound stays true) */
    struct bound bound; /* the last one given */
};

/* S is R at `tsc`, as `first` has it (at least 0). */
void timeline_start(struct timeline *t, uint64_t tsc, struct tsc_scale nominal, const struct consensus *first,
                    uint32_t tolerance_ppb);

/*
 * Begins the next line at `tsc_joint`, where `all` was evaluated, and returns its bound. If the outlooks in
 * `all` do not agree, they are ignored and the bound is unknown.
 */
struct bound timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all);

/*
 * Returns the most that a reader can have seen by now: S at `looked_tsc`, when this CPU last looked at R, and
 * `gone_ns` of R since then at the fastest that S may be; but no more than `most_ns`. If `gone_ns` is 0 or
 * less nothing is known, and it returns 0.
 */
uint64_t timeline_at_most(const struct timeline *t, uint64_t looked_tsc, int64_t gone_ns, uint64_t most_ns);

/*
 * After TSC and reference disagreed. S goes on from where it is, or forward to `at_least_ns`, which readers
 * may already have seen. The next update that has a consensus ties S to R anew.
 */
void timeline_disrupt(struct timeline *t, uint64_t tsc_now, uint64_t at_least_ns);

/* After timeline_disrupt: from now on S goes at this rate, and rates are told against it. The line stays. */
void timeline_rescale(struct timeline *t, uint64_t tsc_now, struct tsc_scale nominal);

/*
 * Gives up the tie to R: counts as a disruption, and S is to be anchored anew as after one. The line stays.
 */
void timeline_loosen(struct timeline *t);

/*
 * Ties one of several disrupted timelines, each on its own CPU, to R by the anchor common to all; without it
 * they would never meet again (T2). S goes forward if it must; if it is ahead it will be slewed.
 */
void timeline_anchor(struct timeline *t, uint64_t tsc, const struct consensus *all, int64_t anchor_ns);

/*
 * Makes `highest` the one of two timelines that stands higher at `tsc`; its line begins there. Both have one
 * nominal scale and one anchor. S goes back on neither; the count of disruptions is the greater one.
 */
void timeline_join(struct timeline *highest, const struct timeline *other, uint64_t tsc);

#endif
