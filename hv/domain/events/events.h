/*
 * Event channels (xen.h, two-level). The guest sees bits in shared_info, and a selector word and two bytes in
 * each VCPU's vcpu_info. All of that lies in memory that the guest may write at any time: it is changed by
 * single atomic steps in Xen's order, and nothing read there is trusted for more than what it says about the
 * guest itself.
 *
 * Nobody is woken here: each function returns an event_effect, and schedule_notify wakes by it.
 */
#ifndef DOMAIN_EVENTS_H
#define DOMAIN_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

#include "cpu/lock.h"
#include "domain/events/event_table.h"
#include "domain/guest_abi.h"

struct event_channels {
    struct lock lock; /* `table`, and where `info` points */
    struct event_table table;
    struct shared_info *shared;
    volatile struct vcpu_info *info[MAX_VCPUS]; /* of each VCPU: in shared_info, or where the guest put it */
};

struct event_effect {
    bool became_pending; /* a VCPU that polls may wait for this port: wake each of them */
    bool upcall;         /* `vcpu` has an upcall to take: wake it, or interrupt its CPU */
    uint32_t vcpu;
};

/* Raises a per-VCPU VIRQ. Any CPU. Nothing happens if the VIRQ is not bound. */
struct event_effect events_virq(struct event_channels *events, uint32_t vcpu, uint32_t virq);

/* EVTCHNOP_send, _unmask, _close. Any CPU. Return 0 or a negative error of Xen's. They always set *effect. */
int events_send(struct event_channels *events, uint64_t port, struct event_effect *effect);
int events_unmask(struct event_channels *events, uint64_t port, struct event_effect *effect);
int events_close(struct event_channels *events, uint64_t port);

/*
 * Moves what the guest sees of `vcpu` to `to`, and makes the guest go through all its ports once more. No
 * event is lost on the way.
 */
struct event_effect events_move_info(struct event_channels *events, uint32_t vcpu, struct vcpu_info *to);

bool event_port_pending(const struct shared_info *shared, uint32_t port);
/* Returns true while an upcall is due: pending and not masked. */
bool event_upcall_due(const volatile struct vcpu_info *info);

/* The bits alone, for events.c and its test. */
struct event_effect event_bits_raise(struct shared_info *shared, volatile struct vcpu_info *info,
                                     uint32_t port);
/* Returns true if the VCPU of `info` has an upcall to take. */
bool event_bits_unmask(struct shared_info *shared, volatile struct vcpu_info *info, uint32_t port);
void event_bits_clear(struct shared_info *shared, uint32_t port);
/* Sets evtchn_upcall_pending; returns true if it was not set. */
bool event_bits_request_upcall(volatile struct vcpu_info *info);

#endif
