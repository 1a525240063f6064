/*
 * How two CPUs' TSCs stand to each other, from pings between them, and which CPUs meet when. Pure: the pings
 * themselves are the keeper's.
 */
#ifndef TIME_ALIGN_H
#define TIME_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "time/line.h"

/*
 * One ping of two CPUs: a reads its TSC and sends; b sees that, reads its own TSC and answers; a sees the
 * answer and reads its own TSC again.
 */
struct ping {
    uint64_t sent, answered, received;
};

/*
 * b's TSC minus a's, in ticks: not below lo, not above hi. hi is the least (answered - sent) of all pings,
 * and lo the greatest (answered - received). Both directions pass the causal test exactly if lo <= 0 <= hi.
 */
struct offset {
    int64_t lo, hi;
};

#define OFFSET_UNKNOWN ((struct offset){INT64_MIN / 4, INT64_MAX / 4})

struct offset offset_narrow(struct offset known, const struct ping *ping);
/* Joins what was known at two times. If the offset changed in between, lo > hi. */
struct offset offset_join(struct offset a, struct offset b);

enum alignment { ALIGNMENT_UNKNOWN, ALIGNMENT_IN_STEP, ALIGNMENT_APART };

/* Judges one pair. Unknown: no ping was completed. Apart: the offset contradicts equality, or itself. */
enum alignment offset_judge(struct offset offset);
/* Judges all pairs: apart if one is, else unknown if one is, else in step. Start with ALIGNMENT_IN_STEP. */
enum alignment alignment_join(enum alignment all, enum alignment pair);

/* The largest |offset| that is still possible: a skew up to that is not seen. */
int64_t offset_extent(struct offset offset);

/*
 * T2's resolution: TSCs count as in step only once meetings would have shown a skew above this: 1 us, or 32
 * ticks of a TSC below 32 MHz (emulators'), for nothing is sent and answered in fewer.
 */
#define RESOLUTION_NS    1000u
#define RESOLUTION_TICKS 32
int64_t align_resolution_ticks(struct tsc_scale nominal);

/*
 * A round-robin tournament by the circle method. In each of the `align_rounds(n)` rounds every CPU meets one
 * other, and over all rounds each pair meets once. Returns the partner, or `n` for the CPU with a bye.
 */
unsigned align_rounds(unsigned n);
unsigned align_partner(unsigned n, unsigned round, unsigned me);

/*
 * Which pairs of CPUs have met in step, pass after pass: what unified mode is believed by while the machine
 * runs. Pure; the meetings are the keeper's.
 */
#define PAIRS_PASSES 4u /* each pair must meet so often, with no meeting out of step anywhere in between */

struct pair {
    uint32_t generation, meetings;
    int64_t
        extent; /* the least of those meetings, ticks: the tightest of them says how far apart they may be */
};

struct pairs {
    unsigned cpus;
    uint32_t generation; /* meetings of an earlier one are forgotten */
    struct pair *table;  /* cpus * cpus, zeroed; [smaller id * cpus + greater id] */
};

void pairs_start(struct pairs *pairs, unsigned cpus, struct pair *table);

/* For when TSCs may have changed: every pair begins again. */
void pairs_forget(struct pairs *pairs);

/*
 * Notes what a meeting of CPUs a < b showed of b's TSC minus a's; an unknown offset says nothing. Returns
 * false if they are not in step (in one direction a value was received before it was sent): every pair begins
 * again.
 */
bool pairs_note(struct pairs *pairs, unsigned a, unsigned b, struct offset offset);

/* Returns true if a < b have met PAIRS_PASSES times since anything was out of step. */
bool pairs_in_step(const struct pairs *pairs, unsigned a, unsigned b);
/* Returns by how many ticks a < b may be apart as they last met in step; INT64_MAX before they have. */
int64_t pairs_extent(const struct pairs *pairs, unsigned a, unsigned b);

#endif
