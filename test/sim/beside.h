/*
 * Other methods on the very same clocks (rival_field.h), for the table. Nothing here moves a clock or its
 * luck.
 */
#ifndef SIM_BESIDE_H
#define SIM_BESIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "rival_score.h"

/* From the next run on they run along; a run ends with beside_end(). */
void beside_wanted(bool wanted);
void beside_begin(void);
/* Time is about to go on to then: what the others do until then, they do at its own instant. */
void beside_until(long double ns);
/* What a guest on this CPU read at that time. */
void beside_read(unsigned cpu, uint64_t ns, long double at_ns);
/*
 * What the run was for ours and, added to what is there, for each of rival_kinds. Returns false if none ran
 * along.
 */
bool beside_end(struct score *ours, struct score *totals);
/* The same, as a table. */
void beside_print(const char *world_name);

#endif
