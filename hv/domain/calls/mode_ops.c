/*
 * What a kernel at CPL 3 cannot do by itself: HYPERVISOR_iret, the way back from a handler with the saved
 * upcall mask; and the bases of FS and GS.
 */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "domain/calls/calls.h"
#include "domain/guest_abi.h"
#include "domain/vcpu/context.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/guest_gdt.h"
#include "domain/vcpu/vcpu.h"

static bool iret_to_user(const struct iret_context *context)
{
    return (context->cs & 3) == 3;
}

/* Returns NULL if the guest may go on there. Else why not: IRETQ would fault, or user mode has no root. */
static const char *iret_refusal(const struct vcpu *vcpu, const struct iret_context *context)
{
    if (iret_to_user(context) && !vcpu->user_root)
        return "its iret asks for user mode, and it has no user page tables";
    if (context->flags & VGCF_in_syscall)
        return address_canonical(context->rip) ? NULL : "its iret goes to an address that is not canonical";
    if (!address_canonical(context->rip) || !address_canonical(context->rsp))
        return "its iret goes to an address or a stack that is not canonical";
    if (!guest_gdt_code_ok(vcpu, context->cs, context->rip) || !guest_gdt_stack_ok(vcpu, context->ss))
        return "its iret loads a selector that is neither a flat one nor one of its own to run on";
    return NULL;
}

/* For VGCF_in_syscall, registers are as SYSRET leaves them: rcx = rip, r11 = rflags, flat selectors. */
static void iret_registers(struct trap_frame *frame, const struct iret_context *context)
{
    bool in_syscall = context->flags & VGCF_in_syscall;

    frame->rip = context->rip;
    frame->rsp = context->rsp;
    frame->rflags = rflags_for_guest(context->rflags);
    frame->cs = in_syscall ? SEL_USER_CODE64 : (context->cs & 0xffff) | 3;
    frame->ss = in_syscall ? SEL_USER_DATA : (context->ss & 0xffff) | 3;
    frame->rcx = in_syscall ? context->rip : context->rcx;
    frame->r11 = in_syscall ? frame->rflags : context->r11;
}

/* Returns the context's rax: the result of a call becomes the guest's rax. */
int64_t call_iret(struct vcpu *vcpu, uint64_t args[5])
{
    struct iret_context context;
    const char *why;

    (void)args;
    if (!guest_read(vcpu_space(vcpu), &context, vcpu->frame.rsp, sizeof context)) {
        end_by_fault(vcpu, "its iret frame cannot be read");
        return 0;
    }
    why = iret_refusal(vcpu, &context);
    if (why) {
        end_by_fault(vcpu, why);
        return 0;
    }
    if (iret_to_user(&context))
        user_mode_toggle(vcpu);
    iret_registers(&vcpu->frame, &context);
    __atomic_store_n(&vcpu_info_of(vcpu)->evtchn_upcall_mask, !(context.rflags & RFLAGS_IF),
                     __ATOMIC_SEQ_CST);
    return (int64_t)context.rax;
}

int64_t call_set_segment_base(struct vcpu *vcpu, uint64_t args[5])
{
    uint64_t base = args[1];

    if ((unsigned)args[0] != SEGBASE_GS_USER_SEL && !address_canonical(base))
        return -XEN_EINVAL;
    switch ((unsigned)args[0]) {
    case SEGBASE_FS:
        vcpu->fs_base = base;
        context_set_fs_base(vcpu);
        return 0;
    case SEGBASE_GS_KERNEL: user_mode_set_kernel_gs(vcpu, base); return 0;
    case SEGBASE_GS_USER: user_mode_set_user_gs(vcpu, base); return 0;
    /* A selector: only its base is used, the selector itself is not loaded. As on Xen, this never fails. */
    case SEGBASE_GS_USER_SEL: user_mode_set_user_gs(vcpu, guest_gdt_base(vcpu, base)); return 0;
    default: return -XEN_EINVAL;
    }
}
