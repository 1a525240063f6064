/*
 * Which machine frames a domain has and what each is, which L1 entries a guest may have, and whether its
 * tables let it write to a frame. Pure.
 */
#ifndef DOMAIN_OWNERSHIP_H
#define DOMAIN_OWNERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/memory/guest_memory.h"

/*
 * A domain has `pages` frames in a row from `base`; two runs of them are page tables. It is also shown some
 * frames of the hypervisor's. Addresses are physical; pfns count from `base`.
 */
struct domain_frames {
    uint64_t base, pages;
    uint64_t table_pfn, table_count;         /* the tables that it was started on */
    uint64_t p2m_table_pfn, p2m_table_count; /* those that map its p2m list, where they are apart */
    uint64_t shared;                         /* shared_info */
    uint64_t time_pages, time_page_count;    /* in a row, and behind them the page of assumptions */
};

/* What the frame is that an entry points to. */
enum frame_kind {
    FRAME_FOREIGN,     /* the hypervisor's, a device's, or none at all */
    FRAME_OWN,         /* the guest's memory */
    FRAME_TABLE,       /* of it, a page table: never writable */
    FRAME_DESCRIPTORS, /* of it, segment descriptors in use: never writable */
    FRAME_SHARED,      /* shared_info: writable */
    FRAME_TIME,        /* a time page, or the page of assumptions: never writable */
};

/* Never returns FRAME_DESCRIPTORS, which only domain_frame_kind (guest_gdt.h) knows. */
enum frame_kind frame_kind_of(const struct domain_frames *frames, uint64_t phys);

/*
 * Returns 0 and puts the entry to store into *out, or returns a negative error of Xen's. `kind` is that of
 * the frame in `wanted`.
 */
int pte_policy(uint64_t wanted, enum frame_kind kind, uint64_t *out);

/*
 * Returns true if some L1 entry lets the guest write to the frame at `phys`. The guest's tables map the
 * start-of-day region only, so they are few. Other VCPUs may change entries meanwhile.
 */
bool tables_map_writable(const struct guest_space *space, uint64_t phys);

#endif
