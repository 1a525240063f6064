/* When TSC and reference disagree the other timers are asked which of the two is to blame. Pure. */
#ifndef TIME_BLAME_H
#define TIME_BLAME_H

#include <stdint.h>

#include "time/ratio.h"

#define BLAME_READINGS 2u /* of a timer, before it is asked: from then on its rate is known */

/* What one timer beside the reference says of the two. */
enum testimony {
    SAYS_NOTHING, /* it is not known well enough, or fits both */
    SAYS_TSC,     /* R is where the TSC has it, and not where the reference has it */
    SAYS_REFERENCE,
    SAYS_NEITHER
};

/*
 * Returns what a reading of the timer says: R was within `by_tsc` at its instant if the TSC is right, and
 * within `by_reference` if the reference is. The ranges do not touch. A reference that cannot be read has an
 * empty one, NOWHERE.
 */
#define NOWHERE ((struct range){INT64_MAX, INT64_MIN})
enum testimony testify(const struct ratio *ratio, uint64_t count, bool edge, struct range by_tsc,
                       struct range by_reference);

enum blame {
    BLAME_UNKNOWN, /* nothing tells */
    BLAME_REFERENCE,
    BLAME_TSC /* all timers that know R go on together, without the TSC */
};

/*
 * A majority decides, the TSC and the reference having a voice each: with one timer it is that one. Two
 * timers that contradict each other leave it open.
 */
enum blame blame(const enum testimony *said, unsigned count);

/*
 * Two crystals may be apart by so much without a fault: each is some 20 ppm off, and more when it is hot or
 * old.
 */
#define CRYSTALS_APART_PPB 100000

/* The RTC has a crystal of its own; all other timers of a board commonly share another. */
enum crystals {
    CRYSTALS_UNKNOWN, /* by what is known they may be farther apart or not */
    CRYSTALS_AGREE,
    CRYSTALS_RTC, /* the RTC is off: more of the other timers agree with the reference than with it */
    CRYSTALS_REFERENCE,
    CRYSTALS_EITHER /* one of them is off, and nothing tells which */
};

/* All in ppb beside the reference: the RTC, and `count` other timers, where these are known. */
enum crystals blame_crystal(struct range rtc, const struct range *others, unsigned count);

#endif
