/*
 * One lock for the table and for every VCPU's `info` pointer; the bits themselves are atomic, as the guest
 * changes them under us. No wake-up is lost: who raises sets the bits and then clears "blocked"
 * (schedule_kick); who blocks sets "blocked" and then looks at the bits (schedule_block). One of the two sees
 * the other.
 */
#include "domain/events/events.h"

#include <stddef.h>
#include <xen/errno.h>

#include "domain/events/event_bits.h"
#include "domain/guest.h"
#include "domain/vcpu/schedule.h"

/* Whoever polls is woken by any port that becomes pending, and looks for itself which one that was. */
static void wake_pollers(struct domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if (__atomic_load_n(&domain->vcpus[i].stopped_for, __ATOMIC_SEQ_CST) & VCPU_POLLING)
            schedule_kick(&domain->vcpus[i]);
}

static void raise(struct domain *domain, uint32_t port)
{
    struct vcpu *vcpu = &domain->vcpus[domain->events.ports[port].vcpu];
    struct event_effect effect = event_bits_raise(domain->shared, vcpu->info, port);

    if (effect.upcall)
        schedule_kick(vcpu);
    if (effect.became_pending)
        wake_pollers(domain);
}

void events_virq(struct vcpu *vcpu, uint32_t virq)
{
    struct domain *domain = vcpu->domain;
    bool were_on = lock_take(&domain->event_lock);
    uint32_t port = event_table_virq(&domain->events, vcpu->id, virq);

    if (port)
        raise(domain, port);
    lock_release(&domain->event_lock, were_on);
}

int events_send(struct domain *domain, uint64_t port)
{
    bool were_on = lock_take(&domain->event_lock);
    struct event_port *bound = event_table_bound(&domain->events, port);
    int result = -XEN_EINVAL;

    if (bound && bound->state == PORT_IPI) { /* VIRQs are not the guest's to send */
        raise(domain, (uint32_t)port);
        result = 0;
    }
    lock_release(&domain->event_lock, were_on);
    return result;
}

int events_unmask(struct domain *domain, uint64_t port)
{
    bool were_on;
    struct vcpu *vcpu;

    if (port >= EVENT_PORTS)
        return -XEN_EINVAL;
    were_on = lock_take(&domain->event_lock);
    vcpu = &domain->vcpus[domain->events.ports[port].vcpu];
    if (event_bits_unmask(domain->shared, vcpu->info, (uint32_t)port))
        schedule_kick(vcpu);
    lock_release(&domain->event_lock, were_on);
    return 0;
}

int events_close(struct domain *domain, uint64_t port)
{
    bool were_on = lock_take(&domain->event_lock);
    int result = event_table_close(&domain->events, port);

    if (result == 0)
        event_bits_clear(domain->shared, (uint32_t)port); /* who binds it next must not find it pending */
    lock_release(&domain->event_lock, were_on);
    return result;
}

void events_look_again(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->info->evtchn_pending_sel, ~0ul, __ATOMIC_SEQ_CST);
    if (event_bits_upcall(vcpu->info))
        schedule_kick(vcpu);
}
