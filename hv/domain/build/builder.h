/* Makes a domain's memory out of a module, loaded and mapped as a PV guest expects to find it. */
#ifndef DOMAIN_BUILDER_H
#define DOMAIN_BUILDER_H

struct domain;
struct domain_config;
struct trap_frame;

/*
 * Fills in `space` and what is missing in `frames` of `domain`, and *start, where VCPU 0 begins. shared_info
 * and the time pages must be there already. Returns NULL, or why not, as the middle of a sentence.
 */
const char *builder_build(struct domain *domain, const struct domain_config *config,
                          struct trap_frame *start);

#endif
