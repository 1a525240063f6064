/*
 * Which port is bound to what. Pure. The caller holds the lock of the domain's event channels. Errors are
 * Xen's, negative.
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
    uint16_t vcpu; /* the VCPU that is notified */
};

struct event_table {
    struct event_port ports[EVENT_PORTS];               /* port 0 is never given out */
    uint16_t virq_port[XEN_LEGACY_MAX_VCPUS][NR_VIRQS]; /* 0 where none is bound */
};

/* Return a port (positive), -EINVAL, -EEXIST or -ENOSPC. The caller has checked that `vcpu` exists. */
int event_table_bind_virq(struct event_table *table, uint32_t virq, uint32_t vcpu);
int event_table_bind_ipi(struct event_table *table, uint32_t vcpu);

/* Returns NULL if there is no such port, or if it is free. */
struct event_port *event_table_bound(struct event_table *table, uint64_t port);
int event_table_close(struct event_table *table, uint64_t port);
/* Moves a VIRQ of the whole domain to `vcpu`. Returns -EINVAL for per-VCPU VIRQs and IPIs, which stay. */
int event_table_bind_vcpu(struct event_table *table, uint64_t port, uint32_t vcpu);

/* Returns the port of a per-VCPU VIRQ, or 0 if it is not bound. */
uint32_t event_table_virq(const struct event_table *table, uint32_t vcpu, uint32_t virq);

#endif
