/*
 * Where R is, and how fast it goes, by set membership. Possible are all pairs (value, rate) that agree with
 * every bracket kept, each bracket widened by what the crystal may have wandered since. The bound is the
 * extent of that set; an empty set is a disruption. docs/clock.md has the method.
 *
 *     brackets of one CPU  -> estimate  -> outlook of that CPU    estimate.c, solve.c
 *     what is assumed of its crystal                              learn.c
 *     outlooks of all CPUs              -> consensus              outlook.c
 */
#ifndef TIME_ESTIMATE_H
#define TIME_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "time/bracket.h"
#include "time/fixed.h"
#include "time/line.h"

#define ESTIMATE_BRACKETS       32u
#define ESTIMATE_MAX_AGE_NS     1000000000000ll
#define ESTIMATE_RATE_LIMIT_PPB 500000 /* the TSC's rate stays this near to the first estimate (assumed) */

/* What a CPU's brackets say of R from `tsc` on, by that CPU's TSC. */
struct outlook {
    uint64_t tsc;
    int64_t lo_ns, hi_ns;     /* R is between them at `tsc` */
    int64_t rate_lo, rate_hi; /* and gains on the nominal scale at a rate between these, q32 */
    struct tsc_scale nominal;
    uint32_t wander_ppb_s, phase_ns; /* what that assumes: D and J */
};

/* What is assumed of a TSC. It is printed at start-up. */
struct crystal {
    uint32_t wander_ppb_s; /* D: its rate changes by at most this a second */
    uint32_t slip_ns;      /* it jumps by at most this between two looks: 0 but on some emulators */
    uint32_t phase_ns;     /* J: R is this near to what such a rate makes of it */
};

struct estimate {
    struct tsc_scale nominal;
    struct crystal crystal;
    struct range rate_limit; /* q32, at limit_tsc; it widens with the wander since then */
    uint64_t limit_tsc;
    uint32_t slips;
    unsigned count;
    struct bracket bracket[ESTIMATE_BRACKETS]; /* oldest first */
};

/* Starts, or starts again, with nothing known but the rate to ESTIMATE_RATE_LIMIT_PPB. */
void estimate_init(struct estimate *estimate, struct tsc_scale nominal, struct crystal crystal);

/*
 * Takes one more bracket, not older than those before it, and computes the outlook at its tsc_hi. Returns
 * false if nothing agrees with all brackets, or the TSC went back: a disruption. Then the estimate keeps this
 * bracket alone, and the outlook is what it says alone. A disagreement within crystal.slip_ns is no
 * disruption. The brackets before it go, but the rate that they gave stays known, to within what the slip
 * would make if it were a change of rate.
 */
bool estimate_add(struct estimate *estimate, const struct bracket *bracket, struct outlook *out);

/*
 * The steps of which estimate_add is made. Takes the bracket into the list, and finds out nothing; the list
 * is bounded, and old brackets go. Returns false, and takes nothing, if the TSC went back.
 */
bool estimate_append(struct estimate *estimate, const struct bracket *bracket);
/*
 * Computes the outlook at the newest bracket, from the brackets from number `first` on, as if the crystal
 * were `crystal`. Returns false if nothing agrees with all of them: then the outlook says nothing.
 */
bool estimate_solve(const struct estimate *estimate, struct crystal crystal, unsigned first,
                    struct outlook *out);
/* Begins again with this bracket alone: its outlook is what it says alone. */
void estimate_restart(struct estimate *estimate, const struct bracket *bracket, struct outlook *out);
/* Returns the number of the first bracket that is not older than `tsc`; of the newest if all are. */
unsigned estimate_since(const struct estimate *estimate, uint64_t tsc);
/* Drops the brackets that are older than `tsc`, but never the newest. */
void estimate_forget_before(struct estimate *estimate, uint64_t tsc);

/* Returns how wide a bracket is: by so much R is not known at its moment. */
int64_t bracket_width_ns(const struct bracket *bracket, struct tsc_scale nominal);

/* Returns R's range when the TSC is `tsc`, a little before or up to some minutes after the outlook's own. */
struct range outlook_at(const struct outlook *outlook, uint64_t tsc);

/*
 * Returns how far the bracket lies outside what was expected of it; 0 when it touches. After a long time
 * without a bracket this is stricter than estimate_add, which gives each old bracket its own wander.
 */
int64_t outlook_gap_ns(const struct outlook *outlook, const struct bracket *bracket);

/* Returns the rate's range at `tsc`, wander included, q32 against the nominal scale. */
struct range outlook_rate_at(const struct outlook *outlook, uint64_t tsc);

/* Returns how far a wandering rate may have carried R in `age_ns`: D * age^2 / 2, rounded up. */
int64_t wander_ns(uint32_t wander_ppb_s, int64_t age_ns);
/* Returns how far the rate may have wandered in `span` ns, q32. */
int64_t wander_q32(uint32_t wander_ppb_s, int64_t span);

/* What all CPUs' outlooks say together at one value of the TSC. Of one outlook alone it is what that says. */
struct consensus {
    unsigned count;
    bool agree;                         /* one R and one rate fit all: the TSCs can be the same */
    bool complete;                      /* all have looked since the last disruption */
    struct range value;                 /* R at `tsc`: what all allow */
    struct range rate;                  /* q32 on the common nominal scale */
    struct range value_hull, rate_hull; /* what any of them allows: a reader may be on any CPU */
    uint32_t wander_ppb_s;              /* how fast the rate may leave that, */
    uint32_t phase_ns;                  /* and what of J is in the values: the greatest of all */
};

void consensus_start(struct consensus *all);
/*
 * Joins one more outlook, on the same nominal scale as all before. `slip_ns` is crystal.slip_ns, by which
 * each may be off already.
 */
void consensus_join(struct consensus *all, const struct outlook *outlook, uint64_t tsc, uint32_t slip_ns);
/*
 * Where outlooks of all CPUs miss each other, too little was assumed of some crystal, or the TSCs are not in
 * step: which of them is wrong their next looks tell. Until then all that any of them allows is possible.
 */
void consensus_bridge(struct consensus *all);
/* Counts one that may be wrong, and widens what a reader may be told: it has no say in what all allow. */
void consensus_embrace(struct consensus *all, const struct outlook *outlook, uint64_t tsc);

#endif
