/* sched_op: the VCPU yields, blocks, polls, or ends the domain. */
#include <stddef.h>
#include <stdint.h>
#include <xen/sched.h>

#include "cpu/instructions.h"
#include "domain/calls/calls.h"
#include "domain/events/events.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"
#include "domain/vcpu/vcpu_timers.h"

#define POLL_PORTS_MOST 128 /* Xen's */

/* A watchdog's shutdown counts as a crash, for no guest is ever restarted. So does an unknown reason. */
static int64_t shutdown_domain(struct vcpu *vcpu, uint8_t reason)
{
    static const struct {
        enum domain_end end;
        const char *why;
    } reasons[] = {
        [SHUTDOWN_poweroff] = {DOMAIN_POWEROFF, "the guest powered off"},
        [SHUTDOWN_reboot] = {DOMAIN_REBOOT, "the guest asked for a reboot"},
        [SHUTDOWN_suspend] = {DOMAIN_SUSPEND, "the guest asked to be suspended"},
        [SHUTDOWN_crash] = {DOMAIN_CRASH, "the guest says that it crashed"},
        [SHUTDOWN_watchdog] = {DOMAIN_CRASH, "the guest's watchdog went off"},
    };

    if (reason > SHUTDOWN_watchdog)
        reason = SHUTDOWN_crash;
    end_domain(vcpu->domain, reasons[reason].end, reasons[reason].why);
    return 0;
}

static bool poll_ready(struct vcpu *vcpu, const evtchn_port_t *ports, uint32_t count)
{
    if (event_upcall_due(vcpu_info_of(vcpu)))
        return true;
    for (uint32_t i = 0; i < count; i++)
        if (event_port_pending(vcpu->domain->events.shared, ports[i]))
            return true;
    return false;
}

static int64_t poll_ports(struct vcpu *vcpu, const struct sched_poll *wish)
{
    evtchn_port_t ports[POLL_PORTS_MOST];

    if (wish->nr_ports > POLL_PORTS_MOST)
        return -XEN_EINVAL;
    if (!guest_read(vcpu_space(vcpu), ports, (uint64_t)wish->ports.p, wish->nr_ports * sizeof ports[0]))
        return -XEN_EFAULT;
    for (uint32_t i = 0; i < wish->nr_ports; i++)
        if (ports[i] >= EVENT_PORTS)
            return -XEN_EINVAL;
    schedule_poll(vcpu); /* before the ports are checked, as in schedule_block */
    if (poll_ready(vcpu, ports, wish->nr_ports))
        schedule_poll_cancel(vcpu);
    else if (wish->timeout)
        vcpu_timers_set_poll(vcpu, wish->timeout);
    return 0;
}

int64_t call_sched_op(struct vcpu *vcpu, uint64_t args[5])
{
    struct sched_shutdown wish;
    struct sched_poll poll_wish;

    switch ((int)args[0]) {
    case SCHEDOP_yield: /* no other VCPU waits for this CPU */ cpu_relax(); return 0;
    case SCHEDOP_block: schedule_block(vcpu); return 0;
    case SCHEDOP_shutdown:
        if (!guest_read(vcpu_space(vcpu), &wish, args[1], sizeof wish))
            return -XEN_EFAULT;
        return shutdown_domain(vcpu, (uint8_t)wish.reason);
    case SCHEDOP_poll:
        if (!guest_read(vcpu_space(vcpu), &poll_wish, args[1], sizeof poll_wish))
            return -XEN_EFAULT;
        return poll_ports(vcpu, &poll_wish);
    default: return -XEN_ENOSYS;
    }
}

/* The older call: the argument is the reason itself, not a structure. */
int64_t call_sched_op_compat(struct vcpu *vcpu, uint64_t args[5])
{
    switch ((int)args[0]) {
    case SCHEDOP_yield:
    case SCHEDOP_block: return call_sched_op(vcpu, args);
    case SCHEDOP_shutdown: return shutdown_domain(vcpu, (uint8_t)args[1]);
    default: return -XEN_ENOSYS;
    }
}
