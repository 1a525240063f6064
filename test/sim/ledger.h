/*
 * Where promises are counted instead of enforced (negative.h): the reads that lay outside their bound, and
 * whether the keeper owned up to them.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "promises.h"

/*
 * What came of a negative world: sums of whole numbers, sums of ns, and the greatest of all. A figure more
 * is a row more, here and nowhere else.
 *
 * - reads beyond their bound (outside), those of them that were told later (told); never told, and by more
 *   than the resolution, a promise broken (beyond)
 * - the worst beyond the bound, in ns and in widths of the reading before it; and the error over the bound
 * - the bound and the oracle's, over the reads for which both are known (compared)
 * - figures told that the truth refutes (least_too_much, most_too_little, most_too_much)
 * - the longest from the first read outside until something was told, or disrupted (slowest_ns); the
 *   longest that no bound was known (unknown_ns)
 */
#define OUTCOME_FIGURES(SUM, SUM_NS, MOST) \
    SUM_NS(simulated_ns)                   \
    SUM(reads)                             \
    SUM(known)                             \
    SUM(outside)                           \
    SUM(told)                              \
    SUM(beyond)                            \
    MOST(worst_ns)                         \
    MOST(worst_w)                          \
    MOST(worst_times)                      \
    SUM_NS(bound_ns)                       \
    SUM_NS(oracle_ns)                      \
    SUM(compared)                          \
    SUM(tellings)                          \
    SUM(false_tellings)                    \
    SUM(least_too_much)                    \
    SUM(most_too_little)                   \
    SUM(most_too_much)                     \
    SUM(disruptions)                       \
    MOST(slowest_ns)                       \
    MOST(unknown_ns)                       \
    SUM_NS(unknown_all_ns)

#define OUTCOME_WHOLE(name) uint64_t name;
#define OUTCOME_REAL(name)  long double name;

/* Of all of it, or of what came after the first five minutes. */
struct outcome {
    OUTCOME_FIGURES(OUTCOME_WHOLE, OUTCOME_REAL, OUTCOME_REAL)
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
/* The same, in the midst of a look: where a reading ends. */
void ledger_glance(const struct sim_read *read);
/* This CPU has looked, or does so now. `err_ppb`: by so much its bound grows. */
void ledger_looked(unsigned cpu, uint32_t err_ppb);
/* A line of the log: a breach, or a disruption. */
void ledger_heard(const char *line);

#endif
