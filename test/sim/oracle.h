/*
 * One who knows how much the crystal wanders: the same estimate, fed with the same readings, but with the
 * true D (and the true phase noise) in it. It publishes when the keeper does, and a record of its own kind: a
 * bound at the joint, and a growth. So what it gives for a bound is what could be had from records.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "promises.h"

/* Before a run. */
void oracle_begin(uint32_t wander_ppb_s, long double phase_ns);
/* A reading on this CPU, with its count in full. */
void oracle_reading(unsigned cpu, const struct reference_reading *reading, uint64_t count);
/* Its bound for this read, by the record that it published when the read one was; NEVER: it has none. */
long double oracle_bound_ns(const struct sim_read *read);

#endif
