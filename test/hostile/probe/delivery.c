/* When an event is delivered, with which frame, and what the two masks hold back. */
#include "probe/probe.h"

static void forget_all(void)
{
    infos[0]->evtchn_upcall_mask = 1;
    infos[0]->evtchn_upcall_pending = 0;
    infos[0]->evtchn_pending_sel = 0;
    for (unsigned w = 0; w < 64; w++)
        shared->evtchn_pending[w] = 0;
    events = 0;
}

static void masked_upcall(evtchn_port_t ipi)
{
    struct evtchn_send wish = {.port = ipi};

    forget_all();
    answer("send to itself, upcalls masked", __HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&wish, 0);
    say("probe: masked, seen = %d upcalls, pending %d, selector %x, port %d\n", (long)events,
        (long)infos[0]->evtchn_upcall_pending, infos[0]->evtchn_pending_sel,
        (long)(shared->evtchn_pending[ipi / 64] >> ipi % 64 & 1));
    infos[0]->evtchn_upcall_mask = 0;
    answer("yield with upcalls on", __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
    say("probe: unmasked, seen = %d upcalls, cs %x, if and iopl %x, ss %x, masked now %d\n", (long)events,
        last_event.cs, last_event.rflags & 0x3200, last_event.ss, (long)infos[0]->evtchn_upcall_mask);
}

static void masked_port(evtchn_port_t ipi)
{
    struct evtchn_send wish = {.port = ipi};
    struct evtchn_unmask unmask = {.port = ipi};

    shared->evtchn_mask[ipi / 64] |= 1ul << ipi % 64;
    events = 0;
    answer("send to a masked port", __HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&wish, 0);
    value("upcalls of it", events);
    answer("unmask that port", __HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (u64)&unmask, 0);
    value("upcalls of it, now", events);
}

void probe_delivery(evtchn_port_t ipi)
{
    masked_upcall(ipi);
    masked_port(ipi);
}
