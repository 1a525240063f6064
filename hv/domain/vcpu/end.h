/* The end of a domain: every VCPU stops, then the domain's hook is told, once. Meridian stays up. */
#ifndef DOMAIN_END_H
#define DOMAIN_END_H

#include <stdbool.h>

#include "domain/config.h"

struct domain;
struct vcpu;

/*
 * Any CPU, no lock held. The first to come wins: it waits (bounded) until no other CPU runs a VCPU of the
 * domain, and calls hooks.ended. The others return at once; their VCPUs stop in run_next.
 */
void end_domain(struct domain *domain, enum domain_end how, const char *why);

/* Set for ever once a domain ends: a CPU that waits for another one gives up. */
bool domain_has_ended(const struct domain *domain);

/*
 * On the VCPU's own CPU, where the guest cannot go on: prints a report that a person can use and ends the
 * domain. `why` continues "VCPU n cannot go on: ". Returns; the VCPU must not be run on.
 */
void end_by_fault(struct vcpu *vcpu, const char *why);

#endif
