/* A domain: built from a module, run on every CPU, ended with a report. */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include <stdbool.h>

#include "domain/config.h"
#include "domain/vcpu/end.h"

/*
 * Builds a domain, with VCPU 0 ready to run, and stores it in *created. `config` is not needed afterwards.
 * Returns NULL, or else why the guest cannot be run: the middle of a sentence that begins "it ". Then nothing
 * runs, and the memory that was taken is lost.
 */
const char *domain_create(const struct domain_config *config, struct domain **created);

/* Where every CPU ends its start-up: it runs its VCPU, or idles if it has none. */
_Noreturn void domain_run_cpu(void);

/* Returns true while this CPU has a VCPU of a domain that has not ended. Long work does not belong there. */
bool domain_runs_here(void);

#endif
