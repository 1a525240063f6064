/* The guest: built from a module, run on every CPU, ended with a report. */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "domain/build/config.h"
#include "domain/vcpu/end.h"

/* NULL: built, VCPU 0 ready to run. Else why not, as a sentence's middle; nothing of it remains in the way.
 */
const char *domain_create(const struct domain_config *config);

void domain_stop(const char *why); /* from a timer: by time */

/* Every CPU ends its start-up here: runs its VCPU, idles without one. */
_Noreturn void domain_run_cpu(void);

#endif
