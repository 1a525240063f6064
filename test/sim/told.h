/* What the keeper says of its own assumptions and breaches, as anybody can read it. */
#ifndef SIM_TOLD_H
#define SIM_TOLD_H

#include <stdbool.h>

#include "meridian/abi.h"

/* Returns true if the keeper tells breaches at all. */
bool told_at_all(void);
/* What it says can stay unseen: the resolution and the excursion. Where it says nothing, the last reading. */
long double told_resolution_ns(long double reading_ns);
/*
 * The D and the phase noise that bounds assume now. Where it says nothing, they are as they were given it,
 * and none.
 */
long double told_wander_ppb_s(long double given);
long double told_phase_ns(void);
/* Takes what a CPU learned from a line of the log. It is assumed from then on. */
void told_learned(const char *line);
/* Forgets that: another machine begins. */
void told_forget(void);
/* Returns true if this line of the log tells a breach: which, and when by S. */
bool told_breach(const char *line, struct meridian_breach *out, uint64_t *told_ns);

#endif
