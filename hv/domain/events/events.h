/* Event channels of a running domain: who is told, and woken. Any CPU. */
#ifndef DOMAIN_EVENTS_H
#define DOMAIN_EVENTS_H

#include <stdint.h>

struct domain;
struct vcpu;

/* Raises a per-VCPU VIRQ; nothing happens if it is not bound. */
void events_virq(struct vcpu *vcpu, uint32_t virq);

/* The hypercalls' ways; 0 or a negative error of Xen's. */
int events_send(struct domain *domain, uint64_t port);
int events_unmask(struct domain *domain, uint64_t port);
int events_close(struct domain *domain, uint64_t port);

/* After `info` moved: the guest looks through all its ports once more. Under the event lock. */
void events_look_again(struct vcpu *vcpu);

#endif
