/* Calls about time: the one-shot timer, the time pages, the wall clock. */
#include <stddef.h>
#include <stdint.h>
#include <xen/platform.h>

#include "domain/calls/calls.h"
#include "domain/vcpu/vcpu.h"
#include "domain/vcpu/vcpu_timers.h"
#include "keeper.h"
#include "meridian/abi.h"
#include "time/fixed.h"

#define TIMEOUT_HUGE_NS    (1ull << 50) /* about 13 days */
#define TIMEOUT_INSTEAD_NS 100000000ull
#define SECONDS_MOST       9000000000ull /* below 2^63 ns, and 285 years from 1970 */

/*
 * args: a deadline in ns of system time; 0 stops the timer. As on Xen, a deadline that is negative or 13 days
 * off is replaced by one in 100 ms: the guest's own time has wrapped, or it wants no timer at all.
 */
int64_t call_set_timer_op(struct vcpu *vcpu, uint64_t args[5])
{
    uint64_t deadline_ns = args[0], now_ns = keeper_now_ns();

    if (!deadline_ns) {
        vcpu_timers_stop_singleshot(vcpu);
        return 0;
    }
    if (deadline_ns > INT64_MAX || (deadline_ns > now_ns && deadline_ns - now_ns >= TIMEOUT_HUGE_NS))
        deadline_ns = now_ns + TIMEOUT_INSTEAD_NS;
    vcpu_timers_set_singleshot(vcpu, deadline_ns);
    return 0;
}

/* args: operation, page index (meridian/abi.h). */
int64_t call_meridian(struct vcpu *vcpu, uint64_t args[5])
{
    const struct domain *domain = vcpu->domain;

    switch (args[0]) {
    case MERIDIAN_OP_MAGIC: return MERIDIAN_MAGIC;
    case MERIDIAN_OP_PAGE:
        if (args[1] >= domain->frames.time_page_count)
            return -XEN_EINVAL;
        return (int64_t)(domain->frames.time_pages / GUEST_PAGE + args[1]);
    case MERIDIAN_OP_ASSUMED:
        return (int64_t)(domain->frames.time_pages / GUEST_PAGE + domain->frames.time_page_count);
    default: return -XEN_ENOSYS;
    }
}

static int64_t set_wall(uint64_t seconds, uint32_t ns, uint64_t system_ns)
{
    if (seconds > SECONDS_MOST || ns >= NS_PER_S || system_ns > INT64_MAX)
        return -XEN_EINVAL;
    keeper_set_wall((int64_t)seconds, ns, system_ns);
    return 0;
}

/* args: struct xen_platform_op. Only the privileged domain may. Errors are checked in Xen's order. */
int64_t call_platform_op(struct vcpu *vcpu, uint64_t args[5])
{
    struct xen_platform_op op;

    if (!guest_read(vcpu_space(vcpu), &op, args[0], sizeof op))
        return -XEN_EFAULT;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (!vcpu->domain->privileged)
        return -XEN_EPERM;
    switch (op.cmd) {
    case XENPF_settime32:
        return set_wall(op.u.settime32.secs, op.u.settime32.nsecs, op.u.settime32.system_time);
    case XENPF_settime64:
        if (op.u.settime64.mbz)
            return -XEN_EINVAL;
        return set_wall(op.u.settime64.secs, op.u.settime64.nsecs, op.u.settime64.system_time);
    default: return -XEN_ENOSYS;
    }
}
