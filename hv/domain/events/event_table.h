/* Which port is bound to what. Pure; whoever calls holds the domain's event lock. Errors are Xen's, negative.
 */
#ifndef DOMAIN_EVENT_TABLE_H
#define DOMAIN_EVENT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <xen/event_channel.h>
#include <xen/xen.h>

#define EVENT_PORTS EVTCHN_2L_NR_CHANNELS /* 4096 on 64 bit */

enum port_state { PORT_FREE, PORT_VIRQ, PORT_IPI };

struct event_port {
    uint8_t state; /* enum port_state */
    uint8_t virq;
    uint16_t vcpu; /* who is notified */
};

struct event_table {
    struct event_port ports[EVENT_PORTS];               /* port 0 is never given out */
    uint16_t virq_port[XEN_LEGACY_MAX_VCPUS][NR_VIRQS]; /* 0: not bound */
};

/* A port (positive), -EINVAL, -EEXIST, -ENOSPC. `vcpu` exists: the caller has looked. */
int event_table_bind_virq(struct event_table *table, uint32_t virq, uint32_t vcpu);
int event_table_bind_ipi(struct event_table *table, uint32_t vcpu);

/* NULL: no such port, or a free one. */
struct event_port *event_table_bound(struct event_table *table, uint64_t port);
int event_table_close(struct event_table *table, uint64_t port);
/* Moves a VIRQ that is the whole domain's; per-VCPU VIRQs and IPIs stay where they are. */
int event_table_bind_vcpu(struct event_table *table, uint64_t port, uint32_t vcpu);

/* The port of a per-VCPU VIRQ; 0: not bound. */
uint32_t event_table_virq(const struct event_table *table, uint32_t vcpu, uint32_t virq);

#endif
