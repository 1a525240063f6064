/*
 * Where promises are counted instead of enforced (negative.h): the reads that lay outside their bound, and
 * whether the keeper owned up to them.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "promises.h"

/* What came of a negative world; of all of it, or of what came after the first five minutes. */
struct outcome {
    long double simulated_ns;
    uint64_t reads, known;
    uint64_t outside, told;          /* reads beyond their bound; and those of them that were told later */
    uint64_t beyond;                 /* never told, and by more than the resolution: a promise broken */
    long double worst_ns, worst_w;   /* beyond the bound: in ns, and in widths of the reading before it */
    long double worst_times;         /* and the error over the bound */
    long double bound_ns, oracle_ns; /* sums, over the reads for which both are known */
    uint64_t compared;
    uint64_t tellings, false_tellings;
    uint64_t least_too_much, most_too_little, most_too_much; /* figures told that the truth refutes */
    uint64_t disruptions;
    long double slowest_ns; /* from the first read outside until something was told, or disrupted */
    long double unknown_ns; /* the longest that no bound was known */
    long double unknown_all_ns;
};

/* Before a run; and at its end, when what was not told is silent. */
void ledger_begin(struct outcome *all, struct outcome *late);
void ledger_end(void);
/* A read, with its own bound or none. `oracle_ns`: what one who knows D would give; NEVER: unknown. */
void ledger_read(const struct sim_read *read, long double oracle_ns);
/* The same of a moment that nobody read: just before, or after, a look. */
void ledger_moment(const struct sim_read *read);
/* The whole machine stands still for so long from now on: nobody is without a bound meanwhile. */
void ledger_stands_still(long double ns);
/* This CPU has looked. */
void ledger_looked(unsigned cpu);
/* A line of the log: a breach, or a disruption. */
void ledger_heard(const char *line);

#endif
