#include "domain/vcpu/vcpu_context.h"

#include <stddef.h>

#include "domain/guest_abi.h"
#include "log/string.h"

static bool addresses_ok(const struct vcpu_guest_context *c)
{
    const uint64_t addresses[] = {
        c->user_regs.rip,        c->user_regs.rsp, c->kernel_sp,          c->fs_base,
        c->gs_base_kernel,       c->gs_base_user,  c->event_callback_eip, c->failsafe_callback_eip,
        c->syscall_callback_eip,
    };

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        if (!address_canonical(addresses[i]))
            return false;
    for (size_t i = 0; i < sizeof c->trap_ctxt / sizeof c->trap_ctxt[0]; i++)
        if (!address_canonical(c->trap_ctxt[i].address))
            return false;
    return true;
}

const char *vcpu_context_refusal(const struct vcpu_guest_context *c, uint64_t root)
{
    if (!(c->flags & VGCF_in_kernel))
        return "a start in user mode";
    if (c->flags & VGCF_i387_valid)
        return "an FPU image";
    if (c->ldt_ents)
        return "a local descriptor table";
    if (c->debugreg[7] & 0xff)
        return "hardware breakpoints";
    if (c->ctrlreg[3] != xen_pfn_to_cr3(root >> 12))
        return "page tables other than those it was started on (ctrlreg[3])";
    if (c->ctrlreg[1] && c->ctrlreg[1] != c->ctrlreg[3])
        return "a user mode on page tables other than those it was started on (ctrlreg[1])";
    if ((c->user_regs.cs | 3u) != SEL_USER_CODE64 || (c->user_regs.ss | 3u) != SEL_USER_DATA)
        return "selectors other than FLAT_KERNEL_CS and FLAT_KERNEL_SS";
    if (!addresses_ok(c))
        return "an address that is not canonical";
    return NULL;
}

void vcpu_context_frame(const struct vcpu_guest_context *c, struct trap_frame *out)
{
    const struct cpu_user_regs *regs = &c->user_regs;

    *out = (struct trap_frame){
        .r15 = regs->r15,
        .r14 = regs->r14,
        .r13 = regs->r13,
        .r12 = regs->r12,
        .rbp = regs->rbp,
        .rbx = regs->rbx,
        .r11 = regs->r11,
        .r10 = regs->r10,
        .r9 = regs->r9,
        .r8 = regs->r8,
        .rax = regs->rax,
        .rcx = regs->rcx,
        .rdx = regs->rdx,
        .rsi = regs->rsi,
        .rdi = regs->rdi,
        .rip = regs->rip,
        .rsp = regs->rsp,
        .cs = SEL_USER_CODE64,
        .ss = SEL_USER_DATA,
        .rflags = rflags_for_guest(regs->rflags),
    };
}
