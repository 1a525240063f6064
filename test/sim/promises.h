/*
 * What docs/promises.md promises of time (T1..T6), checked at every read and at every look at the
 * reference.
 */
#ifndef SIM_PROMISES_H
#define SIM_PROMISES_H

#include "world.h"

/* A read that ended: the record as it was accepted, and the truth when the TSC was taken. */
struct sim_read {
    unsigned vcpu, cpu;
    bool stable;
    uint16_t disruptions;
    uint64_t ns, bound_ns;       /* UINT64_MAX: unknown */
    uint64_t age_ns, tsc, joint; /* the TSC at which the record begins */
    long double ref, at_ns;      /* the truth then */
    uint64_t stable_ns;          /* the greatest of all that was read before this read began, ... */
    long double low_ns;          /* ... and the most that S was then for certain */
};

void promises_forget(void); /* before a run; and from here on there is system time: */
void promises_begin(void);
/* Of so many reads so many had a bound. */
void promises_end(uint64_t reads, uint64_t known);
void promises_read_begins(struct sim_read *read);
void promises_read(const struct sim_read *read);
void promises_xen_read(unsigned vcpu, unsigned cpu, uint64_t ns);
/* This CPU looks at the reference, from here ... */
void promises_look_begins(unsigned cpu);
/* ... to there at the latest: whether something came of it, and whether it saw what was to be seen. */
void promises_look_ends(unsigned cpu);
/* What is shown of this CPU, which has just looked (shown.c). */
void promises_shown(unsigned cpu);
/* A fault touched this CPU's TSC, or the reference: what the keeper knows may be wrong until it looks. */
void promises_doubt(unsigned cpu, bool tsc);
/* The reference counts at another rate from now on, or at the right one again. */
void promises_rate_changes(void);
/* Something out of the keeper's hands holds things up until then: what is due may come so much later. */
void promises_excuse(unsigned cpu, long double until_ns);
void promises_stops(unsigned cpu, long double until_ns);
/* This CPU's timer is set, and will be as late as that; 0: it is not late. */
void promises_late(unsigned cpu, long double until_ns);
void promises_excuse_all(long double until_ns);
/* Returns true while the reference counts at another rate, and until this CPU can have got over it. */
bool promises_rate_unsettled(unsigned cpu);
void promises_mode_changed(void);
void promises_disruption_told(unsigned cpu);
/* On this CPU, in the log: its rate was measured anew. */
void promises_rate_told(unsigned cpu, long double hz);
/* The keeper's own clock on this CPU. */
void promises_now(unsigned cpu, uint64_t ns);
/* Returns true while this CPU's S may be wrong by a fault that it could not see yet. */
bool promises_doubtful(unsigned cpu);
/*
 * Returns true if all CPUs can know the same R: after a fault, two of them may take a narrow counter for
 * different wraps (docs/clock.md, "Disruptions").
 */
bool promises_one_wrap(void);
/* What this CPU's bound is now, at least; NEVER: unknown. */
long double promises_bound_ns(unsigned cpu);

#endif
