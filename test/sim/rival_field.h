/*
 * All rivals at once beside a clock of ours, on the clocks of a simulator that goes by steps of its own: each
 * event of a rival happens at the instant it is due, not at the simulator's next step.
 */
#ifndef RIVAL_FIELD_H
#define RIVAL_FIELD_H

#include <stdio.h>

#include "rival.h"
#include "rival_score.h"

struct field_world {
    struct rival_world now;                         /* the clocks as they stand */
    double (*hz)(void *self, unsigned cpu);         /* at which that TSC goes now */
    uint64_t (*awake_ns)(void *self, unsigned cpu); /* it stands still until then; 0: it does not */
};

struct field;

struct field *field_new(const struct field_world *world, unsigned cpus);
void field_free(struct field *f);

/* When the next event is due; RIVAL_NEVER: none. To be asked often, so it costs nothing. */
uint64_t field_next_ns(const struct field *f);
/*
 * All events that are due by now, each at its own instant: a step of the simulator is no stall. A CPU that
 * stalls says so by awake_ns.
 */
void field_catch_up(struct field *f);

/* A guest on this CPU reads every rival's clock; the truth: ns since field_new. */
void field_read(struct field *f, unsigned cpu, int64_t true_ns);
/* All CPUs' clocks at this instant. */
void field_spread(struct field *f);
void field_settled(struct field *f);
/* The run is over: to the totals, one for each of rival_kinds. */
void field_end(struct field *f, struct score *totals);

/* A table's head, and its row of one clock. */
void field_print_head(FILE *out);
void field_print_row(FILE *out, const char *name, const struct score *s);

#endif
