/* What the hypervisor shares with the guest, brought into its address space. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

extern struct shared_info shared_info; /* from memory_init() on */

/* Maps shared_info; without it there is nothing to live on, so a failure crashes the domain. */
void memory_init(const struct start_info *start);

/* Puts machine frame `mfn` where page-aligned `page` of the image was. 0, or the hypervisor's refusal. */
long memory_map(void *page, uint64_t mfn, bool writable);

/* Takes that page out: any use of it is a page fault from then on. */
long memory_unmap(void *page);

/* The machine frame of a page of the image, or of what start_info names. */
uint64_t memory_frame(const struct start_info *start, const void *page);

/* The page-table base of this address space, as a CR3 holds it. */
uint64_t memory_cr3(const struct start_info *start);

#endif
