/* Old translations of a guest are forgotten, on every CPU that may hold them. */
#ifndef DOMAIN_TLB_H
#define DOMAIN_TLB_H

#include <stdint.h>

struct domain;

/*
 * Returns when none of the VCPUs in `vcpus`, a bit each, uses an old translation any more. A CPU that does
 * not answer within 1 s is named in a log line and given up.
 */
void tlb_flush(struct domain *domain, uint64_t vcpus);

/* Forgets all translations of the guest that this CPU holds. */
void tlb_flush_here(void);

/* Does the flush that other CPUs asked of this one. On every way back to a guest, and while it waits. */
void tlb_serve(void);

/* This CPU begins, and stops, to run a VCPU. In between others must wait for its flushes. */
void tlb_enter(void);
void tlb_leave(void);

#endif
