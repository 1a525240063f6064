#include "domain/vcpu/context.h"

#include "cpu/instructions.h"
#include "domain/vcpu/guest_gdt.h"
#include "domain/vcpu/vcpu.h"

#define MSR_FS_BASE 0xc0000100u
/* while the hypervisor runs, the guest's GS base: SWAPGS exchanges them */
#define MSR_KERNEL_GS_BASE 0xc0000102u

/* The hypervisor uses no vector register. What is in them the guest would see, so they are cleared. */
static void fpu_reset(void)
{
    uint32_t mxcsr = MXCSR_DEFAULT;

    __asm__ volatile("fninit\n\tldmxcsr %0\n\t"
                     "xorps %%xmm0, %%xmm0\n\txorps %%xmm1, %%xmm1\n\txorps %%xmm2, %%xmm2\n\t"
                     "xorps %%xmm3, %%xmm3\n\txorps %%xmm4, %%xmm4\n\txorps %%xmm5, %%xmm5\n\t"
                     "xorps %%xmm6, %%xmm6\n\txorps %%xmm7, %%xmm7\n\txorps %%xmm8, %%xmm8\n\t"
                     "xorps %%xmm9, %%xmm9\n\txorps %%xmm10, %%xmm10\n\txorps %%xmm11, %%xmm11\n\t"
                     "xorps %%xmm12, %%xmm12\n\txorps %%xmm13, %%xmm13\n\txorps %%xmm14, %%xmm14\n\t"
                     "xorps %%xmm15, %%xmm15"
                     :
                     : "m"(mxcsr));
}

void context_set_fs_base(struct vcpu *vcpu)
{
    wrmsr(MSR_FS_BASE, vcpu->fs_base);
}

void context_set_gs_base(struct vcpu *vcpu)
{
    wrmsr(MSR_KERNEL_GS_BASE, vcpu->user_mode ? vcpu->user_gs_base : vcpu->gs_base);
}

uint64_t context_gs_base(void)
{
    return rdmsr(MSR_KERNEL_GS_BASE);
}

void context_load(struct vcpu *vcpu)
{
    /* The guest's root holds the hypervisor's sixteen slots too (builder.c): the ground stays where it is. */
    write_cr3(vcpu->domain->space.root);
    context_set_fs_base(vcpu);
    context_set_gs_base(vcpu);
    guest_gdt_load(vcpu);
    fpu_reset();
}

/* The guest may have changed the base itself: loading a selector into GS takes it from the descriptor. */
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
