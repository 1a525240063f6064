/* SCHEDOP_poll, with upcalls masked as it is meant to be used. */
#include "probe/probe.h"

#define MS 1000000ull

static void poll(const char *name, const void *wish)
{
    answer(name, __HYPERVISOR_sched_op, SCHEDOP_poll, (u64)wish, 0);
}

static void poll_till_timeout(evtchn_port_t *port)
{
    u64 start_ns = now();
    struct sched_poll wish = {.nr_ports = 1, .timeout = start_ns + 5 * MS};

    set_xen_guest_handle(wish.ports, port);
    poll("poll until the time is over", &wish);
    value("it waited", now() - start_ns >= 4 * MS);
}

static void pending(evtchn_port_t *port)
{
    struct evtchn_send send = {.port = *port};
    u64 start_ns;
    struct sched_poll wish = {.nr_ports = 1};

    shared->evtchn_mask[*port / 64] |= 1ul << *port % 64;
    call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&send, 0);
    start_ns = now();
    wish.timeout = start_ns + 3000 * MS;
    set_xen_guest_handle(wish.ports, port);
    poll("poll of a pending port", &wish);
    value("it did not wait", now() - start_ns < 1000 * MS);
}

static void refused(void)
{
    evtchn_port_t beyond = 1 << 20;
    struct sched_poll wish = {.nr_ports = 129};

    set_xen_guest_handle(wish.ports, &beyond);
    poll("poll of too many ports", &wish);
    wish.nr_ports = 1;
    poll("poll of port 2^20", &wish);
    poll("poll, not mapped", (void *)NOT_MAPPED);
}

void probe_poll(evtchn_port_t ipi)
{
    infos[0]->evtchn_upcall_mask = 1;
    poll_till_timeout(&ipi);
    pending(&ipi);
    refused();
    infos[0]->evtchn_upcall_mask = 0;
}
