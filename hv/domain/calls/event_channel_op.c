/* event_channel_op: reads and checks the guest's structures, and writes the answers back. */
#include <stddef.h>
#include <stdint.h>
#include <xen/event_channel.h>

#include "domain/calls/calls.h"
#include "domain/events/events.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"

static int64_t bind_virq(struct vcpu *vcpu, uint64_t address)
{
    struct domain *domain = vcpu->domain;
    struct evtchn_bind_virq wish;
    bool were_on;
    int port;

    if (!guest_read(vcpu_space(vcpu), &wish, address, sizeof wish))
        return -XEN_EFAULT;
    if (wish.virq >= NR_VIRQS)
        return -XEN_EINVAL;
    if (!vcpu_by_id(domain, wish.vcpu))
        return -XEN_ENOENT;
    were_on = lock_take(&domain->events.lock);
    port = event_table_bind_virq(&domain->events.table, wish.virq, wish.vcpu);
    lock_release(&domain->events.lock, were_on);
    if (port < 0)
        return port;
    wish.port = (evtchn_port_t)port;
    return guest_write(vcpu_space(vcpu), address, &wish, sizeof wish) ? 0 : -XEN_EFAULT;
}

static int64_t bind_ipi(struct vcpu *vcpu, uint64_t address)
{
    struct domain *domain = vcpu->domain;
    struct evtchn_bind_ipi wish;
    bool were_on;
    int port;

    if (!guest_read(vcpu_space(vcpu), &wish, address, sizeof wish))
        return -XEN_EFAULT;
    if (!vcpu_by_id(domain, wish.vcpu))
        return -XEN_ENOENT;
    were_on = lock_take(&domain->events.lock);
    port = event_table_bind_ipi(&domain->events.table, wish.vcpu);
    lock_release(&domain->events.lock, were_on);
    if (port < 0)
        return port;
    wish.port = (evtchn_port_t)port;
    return guest_write(vcpu_space(vcpu), address, &wish, sizeof wish) ? 0 : -XEN_EFAULT;
}

static void port_status_fill(struct event_table *table, struct evtchn_status *out)
{
    const struct event_port *bound = event_table_bound(table, out->port);

    out->status = EVTCHNSTAT_closed;
    out->vcpu = 0;
    if (!bound)
        return;
    out->vcpu = bound->vcpu;
    out->status = bound->state == PORT_IPI ? EVTCHNSTAT_ipi : EVTCHNSTAT_virq;
    if (bound->state == PORT_VIRQ)
        out->u.virq = bound->virq;
}

static int64_t read_port_status(struct vcpu *vcpu, uint64_t address)
{
    struct domain *domain = vcpu->domain;
    struct evtchn_status wish;
    bool were_on;

    if (!guest_read(vcpu_space(vcpu), &wish, address, sizeof wish))
        return -XEN_EFAULT;
    if (wish.dom != DOMID_SELF && wish.dom != 0)
        return -XEN_ESRCH;
    if (wish.port >= EVENT_PORTS)
        return -XEN_EINVAL;
    were_on = lock_take(&domain->events.lock);
    port_status_fill(&domain->events.table, &wish);
    lock_release(&domain->events.lock, were_on);
    return guest_write(vcpu_space(vcpu), address, &wish, sizeof wish) ? 0 : -XEN_EFAULT;
}

static int64_t bind_vcpu(struct vcpu *vcpu, uint64_t address)
{
    struct domain *domain = vcpu->domain;
    struct evtchn_bind_vcpu wish;
    bool were_on;
    int result;

    if (!guest_read(vcpu_space(vcpu), &wish, address, sizeof wish))
        return -XEN_EFAULT;
    if (!vcpu_by_id(domain, wish.vcpu))
        return -XEN_ENOENT;
    were_on = lock_take(&domain->events.lock);
    result = event_table_bind_vcpu(&domain->events.table, wish.port, wish.vcpu);
    lock_release(&domain->events.lock, were_on);
    return result;
}

/* The structures of send, unmask and close hold a port and nothing else. */
_Static_assert(sizeof(struct evtchn_send) == 4 && sizeof(struct evtchn_unmask) == 4 &&
                   sizeof(struct evtchn_close) == 4,
               "one port");

int64_t call_event_channel_op(struct vcpu *vcpu, uint64_t args[5])
{
    struct event_channels *events = &vcpu->domain->events;
    struct event_effect effect;
    evtchn_port_t port = 0;
    int op = (int)args[0], result;

    if ((op == EVTCHNOP_send || op == EVTCHNOP_unmask || op == EVTCHNOP_close) &&
        !guest_read(vcpu_space(vcpu), &port, args[1], sizeof port))
        return -XEN_EFAULT;
    switch (op) {
    case EVTCHNOP_bind_virq: return bind_virq(vcpu, args[1]);
    case EVTCHNOP_bind_ipi: return bind_ipi(vcpu, args[1]);
    case EVTCHNOP_send: result = events_send(events, port, &effect); break;
    case EVTCHNOP_unmask: result = events_unmask(events, port, &effect); break;
    case EVTCHNOP_close: return events_close(events, port);
    case EVTCHNOP_status: return read_port_status(vcpu, args[1]);
    case EVTCHNOP_bind_vcpu: return bind_vcpu(vcpu, args[1]);
    default: return -XEN_ENOSYS;
    }
    schedule_notify(vcpu->domain, effect);
    return result;
}
