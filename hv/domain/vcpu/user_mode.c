#include "domain/vcpu/user_mode.h"

#include "domain/vcpu/context.h"
#include "domain/guest.h"

/* The base may have changed without us: loading a selector into GS takes it from the descriptor. */
void user_mode_toggle(struct vcpu *vcpu)
{
    if (vcpu->user_mode)
        vcpu->user_gs_base = context_gs_base();
    else
        vcpu->gs_base = context_gs_base();
    vcpu->user_mode = !vcpu->user_mode;
    context_set_gs_base(vcpu);
}

void user_mode_set_kernel_gs(struct vcpu *vcpu, uint64_t base)
{
    vcpu->gs_base = base;
    if (!vcpu->user_mode)
        context_set_gs_base(vcpu);
}

void user_mode_set_user_gs(struct vcpu *vcpu, uint64_t base)
{
    vcpu->user_gs_base = base;
    if (vcpu->user_mode)
        context_set_gs_base(vcpu);
}
