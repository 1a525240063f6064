/* Forgetting a guest's old translations on every CPU that may hold them. */
#ifndef DOMAIN_TLB_H
#define DOMAIN_TLB_H

#include <stdint.h>

struct domain;

/* `vcpus`: a bit each. When it returns none of them uses an old translation (a CPU silent for 1 s is named).
 */
void tlb_flush(struct domain *domain, uint64_t vcpus);

/* Forgets all that this CPU holds. */
void tlb_flush_here(void);

/* On every way back to a guest, and while waiting for another CPU: does what others asked of this one. */
void tlb_serve(void);

/* This CPU begins to run a VCPU, or stops: in between it must be waited for. */
void tlb_enter(void);
void tlb_leave(void);

#endif
