#include "domain/vcpu/runstate.h"

#include "domain/guest.h"
#include "keeper.h"

/* Another CPU's clock may be a little behind in per-CPU mode: no span is ever negative. */
static void count_to(struct vcpu_runstate_info *info, uint64_t now_ns)
{
    if (now_ns > info->state_entry_time)
        info->time[info->state] += now_ns - info->state_entry_time;
}

void runstate_change(struct vcpu *vcpu, int state)
{
    uint64_t now_ns = keeper_now_ns();
    bool were_on = lock_take(&vcpu->runstate_lock);

    if (vcpu->runstate.state != state) {
        count_to(&vcpu->runstate, now_ns);
        vcpu->runstate.state = state;
        if (now_ns > vcpu->runstate.state_entry_time)
            vcpu->runstate.state_entry_time = now_ns;
        vcpu->runstate_area_old = true;
    }
    lock_release(&vcpu->runstate_lock, were_on);
}

void runstate_get(struct vcpu *vcpu, struct vcpu_runstate_info *out)
{
    uint64_t now_ns = keeper_now_ns();
    bool were_on = lock_take(&vcpu->runstate_lock);

    *out = vcpu->runstate;
    lock_release(&vcpu->runstate_lock, were_on);
    count_to(out, now_ns);
}
