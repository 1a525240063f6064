/* Makes a domain out of a module: its memory, loaded and mapped as a PV guest expects to find it. */
#ifndef DOMAIN_BUILDER_H
#define DOMAIN_BUILDER_H

struct domain;
struct domain_config;
struct trap_frame;

/* NULL, or why not, as a sentence's middle. Fills in base, pages, layout and space of `domain` (shared and
 * the time pages are there already), and where VCPU 0 begins. */
const char *builder_build(struct domain *domain, const struct domain_config *config,
                          struct trap_frame *start);

#endif
