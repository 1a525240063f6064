/* vcpu_op: VCPUs go up and down, set their timers, and say where they want their records. */
#include <stddef.h>
#include <stdint.h>
#include <xen/vcpu.h>

#include "domain/calls/calls.h"
#include "domain/calls/vcpu_register.h"
#include "domain/vcpu/areas.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/guest_gdt.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"
#include "domain/vcpu/vcpu_context.h"
#include "domain/vcpu/vcpu_timers.h"
#include "keeper.h"
#include "log/string.h"

#define PERIOD_LEAST_NS 1000000ull
#define PERIOD_MOST_NS  ((1ull << 62) - 1)

static int64_t take_vcpu_context(struct vcpu *vcpu, struct vcpu *target,
                                 const struct vcpu_guest_context *context)
{
    const char *refusal = vcpu_context_refusal(context, vcpu->domain->space.root);

    if (refusal) {
        call_complain(vcpu, "VCPUOP_initialise of VCPU %u refused: it asks for %s", target->id, refusal);
        return -XEN_EINVAL;
    }
    if (guest_gdt_set(target, context->gdt_frames, context->gdt_ents)) {
        call_complain(vcpu, "VCPUOP_initialise of VCPU %u refused: its descriptor table", target->id);
        return -XEN_EINVAL;
    }
    vcpu_context_frame(context, &target->frame);
    memcpy(target->traps, context->trap_ctxt, sizeof target->traps);
    target->callbacks = (struct guest_callbacks){
        .event = {context->event_callback_eip, true},
        .failsafe = {context->failsafe_callback_eip, context->flags & VGCF_failsafe_disables_events},
        .syscall = {context->syscall_callback_eip, context->flags & VGCF_syscall_disables_events},
    };
    target->kernel_stack = context->kernel_sp;
    target->fs_base = context->fs_base;
    target->gs_base = context->gs_base_kernel;
    target->user_gs_base = context->gs_base_user;
    target->user_root = context->ctrlreg[1] ? vcpu->domain->space.root : 0;
    target->initialised = true;
    return 0;
}

static int64_t initialise_vcpu(struct vcpu *vcpu, struct vcpu *target, uint64_t address)
{
    struct domain *domain = vcpu->domain;
    bool were_on = lock_take(&domain->lock);
    int64_t result = -XEN_EEXIST;

    if (!guest_read(vcpu_space(vcpu), &domain->scratch, address, sizeof domain->scratch))
        result = -XEN_EFAULT;
    else if (!target->initialised)
        result = take_vcpu_context(vcpu, target, &domain->scratch);
    lock_release(&domain->lock, were_on);
    return result;
}

static int64_t bring_vcpu_up(struct vcpu *target)
{
    bool were_on = lock_take(&target->domain->lock);
    int64_t result = -XEN_EINVAL;

    if (target->initialised) {
        schedule_up(target);
        result = 0;
    }
    lock_release(&target->domain->lock, were_on);
    return result;
}

/* If the last VCPU that is up goes down, the domain ends: as on Xen, that is a poweroff. */
static int64_t take_vcpu_down(struct vcpu *target)
{
    struct domain *domain = target->domain;
    bool were_on = lock_take(&domain->lock), others = false;

    for (unsigned i = 0; i < domain->vcpu_count; i++)
        others |= &domain->vcpus[i] != target && !schedule_is_down(&domain->vcpus[i]);
    if (others)
        schedule_down(target);
    lock_release(&domain->lock, were_on);
    if (!others)
        end_domain(domain, DOMAIN_POWEROFF, "the guest took its last VCPU down");
    return 0;
}

static int64_t set_periodic_timer(struct vcpu *vcpu, struct vcpu *target, uint64_t address)
{
    struct vcpu_set_periodic_timer wish;

    if (!guest_read(vcpu_space(vcpu), &wish, address, sizeof wish))
        return -XEN_EFAULT;
    if (wish.period_ns < PERIOD_LEAST_NS || wish.period_ns > PERIOD_MOST_NS)
        return -XEN_EINVAL;
    vcpu_timers_set_periodic(target, wish.period_ns);
    return 0;
}

static int64_t set_singleshot_timer(struct vcpu *vcpu, uint64_t address)
{
    struct vcpu_set_singleshot_timer wish;

    if (!guest_read(vcpu_space(vcpu), &wish, address, sizeof wish))
        return -XEN_EFAULT;
    if ((wish.flags & VCPU_SSHOTTMR_future) && wish.timeout_abs_ns < keeper_now_ns())
        return -XEN_ETIME;
    vcpu_timers_set_singleshot(vcpu, wish.timeout_abs_ns);
    return 0;
}

static int64_t runstate_info(struct vcpu *vcpu, struct vcpu *target, uint64_t address)
{
    struct vcpu_runstate_info info;

    runstate_read(target, &info);
    return guest_write(vcpu_space(vcpu), address, &info, sizeof info) ? 0 : -XEN_EFAULT;
}

/* args: operation, VCPU, structure. Only the VCPU itself may set its single-shot timer. */
int64_t call_vcpu_op(struct vcpu *vcpu, uint64_t args[5])
{
    struct vcpu *target = vcpu_by_id(vcpu->domain, (uint32_t)args[1]);

    if (!target)
        return -XEN_ENOENT;
    switch ((int)args[0]) {
    case VCPUOP_initialise: return initialise_vcpu(vcpu, target, args[2]);
    case VCPUOP_up: return bring_vcpu_up(target);
    case VCPUOP_down: return take_vcpu_down(target);
    case VCPUOP_is_up: return !schedule_is_down(target);
    case VCPUOP_get_runstate_info: return runstate_info(vcpu, target, args[2]);
    case VCPUOP_set_periodic_timer: return set_periodic_timer(vcpu, target, args[2]);
    case VCPUOP_stop_periodic_timer: vcpu_timers_set_periodic(target, 0); return 0;
    case VCPUOP_set_singleshot_timer:
        return target == vcpu ? set_singleshot_timer(vcpu, args[2]) : -XEN_EINVAL;
    case VCPUOP_stop_singleshot_timer:
        if (target != vcpu)
            return -XEN_EINVAL;
        vcpu_timers_stop_singleshot(vcpu);
        return 0;
    case VCPUOP_register_vcpu_info: return vcpu_register_info(vcpu, target, args[2]);
    case VCPUOP_register_runstate_memory_area: return vcpu_register_runstate_area(vcpu, target, args[2]);
    case VCPUOP_register_vcpu_time_memory_area: return vcpu_register_time_area(vcpu, target, args[2]);
    default: return -XEN_ENOSYS;
    }
}
