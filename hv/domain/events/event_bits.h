/*
 * Event channels as the guest sees them (xen.h, two-level): bits in shared_info, a selector word and two
 * bytes in vcpu_info. All of it lies in memory that the guest may write at any time: single atomic steps in
 * Xen's order, and nothing read there is trusted for more than what it says about the guest itself. Pure.
 */
#ifndef DOMAIN_EVENT_BITS_H
#define DOMAIN_EVENT_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

struct event_effect {
    bool became_pending; /* who polls for this port must be told */
    bool upcall;         /* its VCPU must look: wake it, or interrupt its CPU */
};

struct event_effect event_bits_raise(struct shared_info *shared, volatile struct vcpu_info *info,
                                     uint32_t port);
/* True: its VCPU must look. */
bool event_bits_unmask(struct shared_info *shared, volatile struct vcpu_info *info, uint32_t port);
void event_bits_clear(struct shared_info *shared, uint32_t port);
bool event_bits_pending(const struct shared_info *shared, uint32_t port);

/* Sets evtchn_upcall_pending; true if it was not set. */
bool event_bits_upcall(volatile struct vcpu_info *info);
/* An upcall is due: pending and not masked. */
bool event_bits_due(const volatile struct vcpu_info *info);

#endif
