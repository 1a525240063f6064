/*
 * The timeline S that guests see, steered after R: by rate alone, never by a step back, within a stated slew
 * (T5), and with a bound that is the sum of what is not known (docs/clock.md has the terms).
 */
#ifndef TIME_TIMELINE_H
#define TIME_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "time/estimate.h"
#include "time/line.h"

#define TIMELINE_SLEW_PPB   500000       /* corrections bend the rate by at most this */
#define TIMELINE_HORIZON_NS 1000000000ll /* an offset is worked off as if over this long */
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
    unsigned settling; /* updates to go before the bound is known */
    bool anchored;
    bool free_running;  /* never steered: the rate of the start for ever, as in 2005 (the bound stays true) */
    struct bound bound; /* the last one given */
};

/* S is R at `tsc`, as `first` has it (at least 0). */
void timeline_start(struct timeline *t, uint64_t tsc, struct tsc_scale nominal, const struct consensus *first,
                    uint32_t tolerance_ppb);

/*
 * The next line, from `tsc_joint` on (where `all` was evaluated), and its bound. `all` is ignored, and the
 * bound unknown, when its outlooks do not agree.
 */
struct bound timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all);

/*
 * The most that a reader can have seen by now: S at `looked_tsc`, when this CPU last looked at R, and
 * `gone_ns` of R since then, at the fastest that S may be; but no more than `most_ns`. 0 or less gone:
 * nothing is known, 0.
 */
uint64_t timeline_at_most(const struct timeline *t, uint64_t looked_tsc, int64_t gone_ns, uint64_t most_ns);

/*
 * TSC and reference disagreed. S goes on from where it is; `at_least_ns` is what readers may already have
 * seen (S goes forward to it if it must). R is tied to S anew at the next update that has a consensus.
 */
void timeline_disrupt(struct timeline *t, uint64_t tsc_now, uint64_t at_least_ns);

/*
 * Its tie to R no longer holds: counted as a disruption, and as after one it is to be anchored anew. The
 * line stays.
 */
void timeline_loosen(struct timeline *t);

/*
 * Of several timelines, each on its own CPU, that were disrupted: ties this one to R by the anchor common to
 * all, or they would never meet again (T2). S goes forward if it must; where it is ahead it will be slewed.
 */
void timeline_anchor(struct timeline *t, uint64_t tsc, const struct consensus *all, int64_t anchor_ns);

/*
 * Of timelines with one nominal scale and one anchor: `highest` becomes the one that stands higher at
 * `tsc`, and its line begins there. S goes back on neither; its count of disruptions is the greater of the
 * two.
 */
void timeline_join(struct timeline *highest, const struct timeline *other, uint64_t tsc);

#endif
