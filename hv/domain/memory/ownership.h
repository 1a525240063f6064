/* What a machine frame is to a domain, which L1 entries a guest may have, and which it has. */
#ifndef DOMAIN_OWNERSHIP_H
#define DOMAIN_OWNERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/memory/guest_memory.h"

struct domain;

/* What the frame is that an entry points to. */
enum frame_kind {
    FRAME_FOREIGN,     /* the hypervisor's, a device's, nobody's */
    FRAME_OWN,         /* the guest's memory */
    FRAME_TABLE,       /* of it, a page table: never writable */
    FRAME_DESCRIPTORS, /* of it, segment descriptors in use: never writable */
    FRAME_SHARED,      /* shared_info: writable */
    FRAME_TIME,        /* a time page: never writable */
};

/* 0 and the entry to store in *out, or a negative error of Xen's. `kind` is that of the frame in `wanted`. */
int pte_policy(uint64_t wanted, enum frame_kind kind, uint64_t *out);

/*
 * Some L1 entry lets the guest write to the frame at `phys`. Its tables map the start-of-day region only, so
 * they are few. Other VCPUs may change entries meanwhile.
 */
bool tables_map_writable(const struct guest_space *space, uint64_t phys);

enum frame_kind frame_kind_of(const struct domain *domain, uint64_t phys);

#endif
