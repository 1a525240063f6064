/* A domain: built from a module, run on every CPU, ended with a report. */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include <stdbool.h>

#include "domain/config.h"
#include "domain/vcpu/end.h"

/*
 * Builds a domain whose VCPU 0 is ready to run, and puts it into *created. Returns NULL, or why not, as a
 * sentence's middle; nothing of the domain remains in the way then. `config` may go afterwards.
 */
const char *domain_create(const struct domain_config *config, struct domain **created);

/* Every CPU ends its start-up here: it runs its VCPU, or idles without one. */
_Noreturn void domain_run_cpu(void);

/* Returns true while this CPU has a VCPU of a domain that has not ended: it should not do anything long. */
bool domain_runs_here(void);

#endif
