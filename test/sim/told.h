/* What the keeper says of its own assumptions and breaches, as anybody can read it. */
#ifndef SIM_TOLD_H
#define SIM_TOLD_H

#include <stdbool.h>

#include "meridian/abi.h"

/* Returns true if the keeper tells breaches at all. */
bool told_at_all(void);
/* What it says can stay unseen: the resolution and the excursion. Where it says nothing, the last reading. */
long double told_resolution_ns(long double reading_ns);
/* Returns true if this line of the log tells a breach, and which. */
bool told_breach(const char *line, struct meridian_breach *out);

#endif
