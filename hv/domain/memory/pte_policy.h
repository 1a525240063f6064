/* Which L1 entries a guest may have. Pure. */
#ifndef DOMAIN_PTE_POLICY_H
#define DOMAIN_PTE_POLICY_H

#include <stdint.h>

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

#endif
