/*
 * What was told, and what is known of it later. A bound is true under an assumption. When the world did not
 * keep the assumption, the past is worked out anew under one that fits, and held against what was told then.
 */
#ifndef TIME_HINDSIGHT_H
#define TIME_HINDSIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "time/estimate.h"
#include "time/line.h"
#include "time/timeline.h"

#define HISTORY_LINES 32u /* 8 s in unified mode: wander that took longer to see was within the brackets */

/* A line and its bound, as VCPUs were told them from line.tsc on. */
struct told_line {
    struct line line;
    struct bound bound;
    int64_t anchor_ns; /* S = R + this */
};

struct told_history {
    struct told_line told[HISTORY_LINES];
    unsigned count; /* of all that were ever added */
};

void told_add(struct told_history *history, const struct timeline *timeline);

/* By how much readers were told wrong, beyond the bound. All of it in ns; from and to are S. */
struct excess {
    bool any;
    uint64_t from_ns, to_ns;
    uint64_t at_least_ns, at_most_ns;
};

/* Returns R's range when the TSC was `tsc`, by all brackets, on either side of it, under `crystal`. */
struct range hindsight_at(const struct estimate *estimate, struct crystal crystal, uint64_t tsc);

/*
 * Holds what was told at each look against R then: by the bracket of that look, and by all the others under
 * `crystal`, the smallest that fits. `noise`: noise is what explains the newest bracket; then what the
 * others said before is not in question. Lines that were told before S was `told_ns` go into *earlier, the
 * others into *fresh. An excess is found where at some look no R that is possible was within what was told.
 * It begins at the look before the first that may have been wrong. at_least_ns and at_most_ns follow from
 * the brackets alone. at_most_ns is of the time between looks too: if R stepped there, the bound has grown
 * since.
 */
void hindsight(const struct estimate *estimate, struct crystal crystal, bool noise,
               const struct told_history *history, uint64_t told_ns, struct excess *earlier,
               struct excess *fresh);

#endif
