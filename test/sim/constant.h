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
 * Takes a read with a known bound. Returns by how much its interval misses the constant, in ns: 0 if it
 * does not; then the constant is known the better for it.
 */
long double constant_miss_ns(const struct sim_read *read);
/* The same of a moment that nobody read, which teaches nothing. */
long double constant_peek_ns(const struct sim_read *read);

#endif
