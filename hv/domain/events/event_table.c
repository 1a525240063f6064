#include "domain/events/event_table.h"

#include <stdbool.h>
#include <xen/errno.h>

/* xen.h marks these "(V.)". The others belong to the whole domain and are bound on VCPU 0. */
static bool virq_per_vcpu(uint32_t virq)
{
    return virq == VIRQ_TIMER || virq == VIRQ_DEBUG || virq == VIRQ_XENOPROF || virq == VIRQ_XENPMU;
}

/* Takes the lowest free port, as Xen does. */
static int port_take(struct event_table *table, struct event_port what)
{
    for (int port = 1; port < (int)EVENT_PORTS; port++)
        if (table->ports[port].state == PORT_FREE) {
            table->ports[port] = what;
            return port;
        }
    return -XEN_ENOSPC;
}

int event_table_bind_virq(struct event_table *table, uint32_t virq, uint32_t vcpu)
{
    int port;

    if (virq >= NR_VIRQS || (!virq_per_vcpu(virq) && vcpu != 0))
        return -XEN_EINVAL;
    if (table->virq_port[vcpu][virq])
        return -XEN_EEXIST;
    port = port_take(table, (struct event_port){PORT_VIRQ, (uint8_t)virq, (uint16_t)vcpu});
    if (port > 0)
        table->virq_port[vcpu][virq] = (uint16_t)port;
    return port;
}

int event_table_bind_ipi(struct event_table *table, uint32_t vcpu)
{
    return port_take(table, (struct event_port){PORT_IPI, 0, (uint16_t)vcpu});
}

struct event_port *event_table_bound(struct event_table *table, uint64_t port)
{
    return port < EVENT_PORTS && table->ports[port].state != PORT_FREE ? &table->ports[port] : NULL;
}

int event_table_close(struct event_table *table, uint64_t port)
{
    struct event_port *bound = event_table_bound(table, port);

    if (!bound)
        return -XEN_EINVAL;
    if (bound->state == PORT_VIRQ)
        table->virq_port[virq_per_vcpu(bound->virq) ? bound->vcpu : 0][bound->virq] = 0;
    *bound = (struct event_port){PORT_FREE, 0, 0};
    return 0;
}

int event_table_bind_vcpu(struct event_table *table, uint64_t port, uint32_t vcpu)
{
    struct event_port *bound = event_table_bound(table, port);

    if (!bound || bound->state != PORT_VIRQ || virq_per_vcpu(bound->virq))
        return -XEN_EINVAL;
    bound->vcpu = (uint16_t)vcpu;
    return 0;
}

uint32_t event_table_virq(const struct event_table *table, uint32_t vcpu, uint32_t virq)
{
    return table->virq_port[vcpu][virq];
}
