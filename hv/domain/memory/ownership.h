/* What a machine frame is to a domain. */
#ifndef DOMAIN_OWNERSHIP_H
#define DOMAIN_OWNERSHIP_H

#include <stdint.h>

#include "domain/memory/pte_policy.h"

struct domain;

enum frame_kind frame_kind_of(const struct domain *domain, uint64_t phys);

#endif
