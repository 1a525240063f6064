/* For tests of one mechanism: what chrony's filter has kept. */
#ifndef RIVAL_LINUX_H
#define RIVAL_LINUX_H

#include "rival_model.h"

/* How many samples the line goes through. */
unsigned rival_linux_samples(const struct rival *r);

#endif
