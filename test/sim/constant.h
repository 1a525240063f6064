/*
 * The judge's own constant: S - R, which must be one and the same for as long as no record counts a
 * disruption more. A read leaves an interval for it, its error more or less its bound; what all reads allow
 * is kept. Nothing of the keeper's is asked but what records say.
 */
#ifndef SIM_CONSTANT_H
#define SIM_CONSTANT_H

#include "promises.h"

/* Before a run. */
void constants_forget(void);
/*
 * Takes a read with a known bound. Returns by how much its interval misses the constant, in ns; below 0: they
 * meet, with so much to spare, and the constant is known the better for it. `spare_ns`: what the assumptions
 * did not cover here, which counts as bound.
 */
long double constant_miss_ns(const struct sim_read *read, long double spare_ns);
/* The same of a moment that nobody read, which teaches nothing. */
long double constant_peek_ns(const struct sim_read *read);
/* Returns how wide that is which is known of this read's constant, in ns. */
long double constant_room_ns(const struct sim_read *read);
/* Returns true if the constant of this read is known exactly: before any disruption. */
bool constant_is_exact(const struct sim_read *read);

#endif
