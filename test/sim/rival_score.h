/*
 * The figures of the table: one score a clock, ours and each rival's, fed with what was read and what was
 * true.
 */
#ifndef RIVAL_SCORE_H
#define RIVAL_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#define SCORE_CPUS 256u

struct score {
    uint64_t reads, behind, back_self; /* behind: below a value that some CPU had already read */
    uint64_t worst_error_ns;           /* farthest from the truth, either way */
    uint64_t worst_self_ns;            /* longest step back on one CPU ... */
    uint64_t worst_across_ns;          /* ... and from any CPU's value to a later one on another */
    uint64_t worst_spread_ns;          /* largest difference of all CPUs' clocks at one instant */
    /* After score_end: the slope of the error's regression line, on the CPU that drifts most. */
    double drift_ns_per_day;

    uint64_t highest_ns;
    struct {
        uint64_t last_ns;
        bool seen;
        /* Since score_settled: the first read, and sums over all of them, from there on. */
        int64_t first_true_ns, first_error_ns;
        double reads, days, errors_ns, days_days, days_errors;
    } cpu[SCORE_CPUS];
};

/* Start from all zero. One read: `ns` on `cpu` when the truth was `true_ns`, both since the clock's start. */
void score_read(struct score *s, unsigned cpu, uint64_t ns, int64_t true_ns);
/* All CPUs' clocks at one instant. */
void score_spread(struct score *s, const uint64_t *ns, unsigned count);
/* From here on the clock has settled: drift counts from each CPU's next read. */
void score_settled(struct score *s);
void score_end(struct score *s);
/* Over several runs: counts are added up, of the others the worst stays. */
void score_add(struct score *total, const struct score *one);

#endif
