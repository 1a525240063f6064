/*
 * Which lines R(TSC) agree with all brackets of an estimate, under an assumed crystal: Fourier-Motzkin
 * elimination, exact, rounded outwards. docs/clock.md, "The estimate".
 */
#ifndef TIME_SOLVE_H
#define TIME_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "time/estimate.h"
#include "time/fixed.h"

/*
 * Everything is in residuals against the nominal scale, seen from some TSC:
 *
 *     x = nominal ns after that TSC
 *     e = R - x - base_ns
 *
 * R is a line e(x). Each bracket bounds it from above at tsc_lo, for R had not passed ref_hi when the TSC was
 * at tsc_lo, and from below at tsc_hi, for R had passed ref_lo when the TSC was at tsc_hi.
 */
struct point {
    int64_t x, e;
};

struct constraints {
    struct point upper[ESTIMATE_BRACKETS], lower[ESTIMATE_BRACKETS];
    unsigned count;
    int64_t base_ns;
};

/*
 * Makes the constraints as seen from `tsc`: what the brackets from number `first` on say of the line, each
 * widened by J, and by what a crystal of that D may have wandered between it and `tsc`.
 */
void constraints_from(const struct estimate *estimate, struct crystal crystal, unsigned first, uint64_t tsc,
                      struct constraints *out);

/*
 * Narrows *rate, q32, to the rates of the lines that pass. Returns false if there is none.
 */
bool constraints_rate(const struct constraints *c, struct range *rate);

/*
 * Returns where the lines are at x = 0, relative to base_ns, when no point lies at x > 0. `rate` is what
 * constraints_rate has found. An empty range: there is none.
 */
struct range constraints_value(const struct constraints *c, struct range rate);

/* Returns the same with points on both sides. It takes a search, and some 100 times as long. */
struct range constraints_value_between(const struct constraints *c, struct range rate);

#endif
