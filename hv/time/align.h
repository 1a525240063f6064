/*
 * How two CPUs' TSCs stand to each other, from timed exchanges over one line of memory, and who meets whom.
 * Pure: the exchanges themselves are the keeper's.
 */
#ifndef TIME_ALIGN_H
#define TIME_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One turn: a reads its TSC and sends; b sees it and reads its own, sends; a sees that and reads its own
 * again.
 */
struct ping {
    uint64_t sent, answered, received;
};

/*
 * b's TSC minus a's, in ticks: never below lo, never above hi. hi is the least (received - sent) from a to b,
 * and -lo the least from b to a, so both directions pass the causal test exactly if lo <= 0 <= hi.
 */
struct offset {
    int64_t lo, hi;
};

#define OFFSET_UNKNOWN ((struct offset){INT64_MIN / 4, INT64_MAX / 4})

struct offset offset_narrow(struct offset known, const struct ping *ping);
/* What two times of knowing say together; lo > hi: the offset has changed in between. */
struct offset offset_join(struct offset a, struct offset b);

enum alignment { ALIGNMENT_UNKNOWN, ALIGNMENT_IN_STEP, ALIGNMENT_APART };

/* Of one pair. Unknown: no turn was completed. Apart: an offset that contradicts equality, or itself. */
enum alignment offset_judge(struct offset offset);
/* Of all: one pair apart is enough; else one unknown; else in step. Start with ALIGNMENT_IN_STEP. */
enum alignment alignment_join(enum alignment all, enum alignment pair);

/* The largest |offset| that is still possible. */
int64_t offset_extent(struct offset offset);

/*
 * Round-robin tournament by the circle method: in each of the `align_rounds(n)` rounds every CPU meets one
 * other, and over all rounds each pair meets once. Returns the partner, or `n` for a round's odd one out.
 */
unsigned align_rounds(unsigned n);
unsigned align_partner(unsigned n, unsigned round, unsigned me);

/*
 * Which pairs of CPUs have met in step, pass after pass: what unified mode is believed by while the machine
 * runs. Pure; the meetings are the keeper's.
 */
#define PAIRS_PASSES 4u /* each pair meets so often, with not one meeting out of step anywhere in between */

struct pair {
    uint32_t generation, meetings;
};

struct pairs {
    unsigned cpus;
    uint32_t generation; /* what was met in an earlier one is forgotten */
    struct pair *table;  /* cpus * cpus, zeroed; [smaller id * cpus + greater id] */
};

void pairs_start(struct pairs *pairs, unsigned cpus, struct pair *table);

/* TSCs may have changed: every pair begins again. */
void pairs_forget(struct pairs *pairs);

/*
 * What a meeting of CPUs a < b showed of b's TSC minus a's; unknown says nothing. False: they are not in step
 * (in one direction a value was received before it was sent), and every pair begins again.
 */
bool pairs_note(struct pairs *pairs, unsigned a, unsigned b, struct offset offset);

/* Whether a < b have met PAIRS_PASSES times since anything was out of step. */
bool pairs_in_step(const struct pairs *pairs, unsigned a, unsigned b);

#endif
