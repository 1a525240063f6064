/*
 * What machines were, added up. Each figure is a whole number that is summed, or the greatest or the least of
 * all. So it makes no difference in which order machines are added up, in what portions, and on how many
 * computers. A figure more is a row more, here and nowhere else.
 */
#ifndef SIM_TALLY_H
#define SIM_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "excused.h"
#include "faults.h"
#include "watched.h"

/*
 * Sums of long doubles depend on their order. So a sum of ns is of whole ones, too, and each is made whole
 * before it is added.
 */
#define TALLY_FIGURES(SUM, SUMS, MOST, LEAST)                          \
    SUM(runs)                                                          \
    SUM(broken)                                                        \
    SUM(simulated_ns)                                                  \
    SUM(reads)                                                         \
    SUM(known)                                                         \
    SUM(updates)                                                       \
    SUM(retries)                                                       \
    SUM(shown)                                                         \
    SUMS(struck, FAULTS)                                               \
    SUMS(excused, EXCUSES)                                             \
    SUMS(watched, WATCHED_KINDS)                                       \
    SUMS(watched_seen, WATCHERS *WATCHED_KINDS)                        \
    SUMS(watched_ms, WATCHERS *WATCHED_KINDS)                          \
    SUMS(watched_missed, WATCHERS *WATCHED_KINDS) /* and we saw it */  \
    SUMS(watched_alone, WATCHERS *WATCHED_KINDS)  /* we did not */     \
    SUMS(watched_early, WATCHERS)                                      \
    MOST(worst_known_ns)                                               \
    LEAST(least_room_ns) /* between an error and its bound */          \
    MOST(worst_rate)     /* what is known of it / what T4 allows */    \
    MOST(worst_settling) /* periods until the bound was known again */ \
    MOST(worst_gap_ns)   /* between looks at the reference */

#define TALLY_WHOLE(name)         uint64_t name;
#define TALLY_WHOLES(name, count) uint64_t name[count];
#define TALLY_REAL(name)          long double name;

struct tally {
    TALLY_FIGURES(TALLY_WHOLE, TALLY_WHOLES, TALLY_REAL, TALLY_REAL)
};

#define TALLY_ZERO(name)
#define TALLY_ZEROS(name, count)
#define TALLY_NEVER(name) .name = 1e30L,

/* No machine yet. (The greatest are 0 then: no figure is below.) */
#define TALLY_NOTHING                                                   \
    {                                                                   \
        TALLY_FIGURES(TALLY_ZERO, TALLY_ZEROS, TALLY_ZERO, TALLY_NEVER) \
    }

void tally_add(struct tally *to, const struct tally *one);
/* A line a figure, "=name value ...": whole numbers, and hexadecimal ones that are exact. */
void tally_write(FILE *file, const struct tally *t);
/*
 * Takes such a line. Returns the number of the figure, counted from 0; TALLY_COUNT if it is none, or does not
 * have as many values as it should.
 */
unsigned tally_take(struct tally *t, const char *line);

#define TALLY_ONE(name)         +1
#define TALLY_MANY(name, count) +1
#define TALLY_COUNT             (0u TALLY_FIGURES(TALLY_ONE, TALLY_MANY, TALLY_ONE, TALLY_ONE))

#endif
