/* The end of a domain: every VCPU stops, then who asked for it is told, once. */
#ifndef DOMAIN_END_H
#define DOMAIN_END_H

#include <stdbool.h>

#include "domain/domain.h"

struct domain;

/*
 * Any CPU, no lock held. The first to come wins; it waits (bounded) until no other CPU runs a VCPU and calls
 * the handler of domain_on_end. The others return at once and stop in the scheduler.
 */
void end_domain(struct domain *domain, enum domain_end how, const char *why);

/* Set for ever once a domain ends: whoever waits for another CPU gives up. */
bool end_begun(void);

#endif
