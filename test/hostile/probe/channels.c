/* Event channels: how they are bound, asked about and closed. */
#include "probe/probe.h"

#define channel(name, operation, what) \
    answer("event " name, __HYPERVISOR_event_channel_op, operation, (u64)(what), 0)

static evtchn_port_t bind_virqs(void)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER, .vcpu = 0};
    evtchn_port_t timer;

    channel("bind timer", EVTCHNOP_bind_virq, &bind);
    timer = bind.port;
    channel("bind timer again", EVTCHNOP_bind_virq, &bind);
    bind.vcpu = 77;
    channel("bind timer of VCPU 77", EVTCHNOP_bind_virq, &bind);
    bind = (struct evtchn_bind_virq){.virq = NR_VIRQS, .vcpu = 0};
    channel("bind a VIRQ too many", EVTCHNOP_bind_virq, &bind);
    bind = (struct evtchn_bind_virq){.virq = VIRQ_CONSOLE, .vcpu = 1};
    channel("bind console on VCPU 1", EVTCHNOP_bind_virq, &bind);
    channel("bind, not mapped", EVTCHNOP_bind_virq, NOT_MAPPED);
    return timer;
}

static evtchn_port_t bind_ipi(const char *name, unsigned vcpu)
{
    struct evtchn_bind_ipi bind = {.vcpu = vcpu};

    answer(name, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (u64)&bind, 0);
    return bind.port;
}

static void send(const char *name, evtchn_port_t port)
{
    struct evtchn_send wish = {.port = port};

    answer(name, __HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&wish, 0);
}

static void status(const char *name, domid_t domain, evtchn_port_t port)
{
    struct evtchn_status wish = {.dom = domain, .port = port};

    answer(name, __HYPERVISOR_event_channel_op, EVTCHNOP_status, (u64)&wish, 0);
    say("probe: what it is = %d of VCPU %d\n", (long)wish.status, (long)wish.vcpu);
}

static void move(const char *name, evtchn_port_t port, unsigned vcpu)
{
    struct evtchn_bind_vcpu wish = {.port = port, .vcpu = vcpu};

    answer(name, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_vcpu, (u64)&wish, 0);
}

static void unmask(const char *name, evtchn_port_t port)
{
    struct evtchn_unmask wish = {.port = port};

    answer(name, __HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (u64)&wish, 0);
}

static void closing(void)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_DEBUG, .vcpu = 1};
    struct evtchn_close wish;

    channel("bind debug on VCPU 1", EVTCHNOP_bind_virq, &bind);
    wish.port = bind.port;
    channel("close", EVTCHNOP_close, &wish);
    channel("close again", EVTCHNOP_close, &wish);
    wish.port = 0;
    channel("close port 0", EVTCHNOP_close, &wish);
    wish.port = 1 << 20;
    channel("close port 2^20", EVTCHNOP_close, &wish);
}

void probe_channels(void)
{
    evtchn_port_t timer = bind_virqs(), ipi = bind_ipi("event bind IPI", 0), other;

    bind_ipi("event bind IPI of VCPU 55", 55);
    other = bind_ipi("event bind IPI of VCPU 1", 1);
    send("event send, port free", 4095);
    send("event send, port beyond all", 70000);
    send("event send, a VIRQ's", timer);
    status("event status of the timer's", DOMID_SELF, timer);
    status("event status of an IPI's", DOMID_SELF, other);
    status("event status in domain 55", 55, other);
    status("event status of port 100000", DOMID_SELF, 100000);
    move("event bind_vcpu of the timer's", timer, 0);
    move("event bind_vcpu of an IPI's", other, 0);
    move("event bind_vcpu to VCPU 99", timer, 99);
    closing();
    unmask("event unmask port 2^20", 1 << 20);
    unmask("event unmask", ipi);
    call(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
    probe_delivery(ipi);
    probe_timers(timer);
    probe_poll(ipi);
}
