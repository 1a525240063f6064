/* The bases of FS and GS, which a guest at CPL 3 cannot set by itself. */
#include <stdint.h>
#include <xen/xen.h>

#include "domain/calls/calls.h"
#include "domain/vcpu/context.h"
#include "domain/guest.h"
#include "domain/vcpu/guest_gdt.h"
#include "domain/vcpu/user_mode.h"

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
    /*
     * A selector, of which only the base is taken: none is loaded for the user mode. As on Xen it never
     * fails.
     */
    case SEGBASE_GS_USER_SEL: user_mode_set_user_gs(vcpu, guest_gdt_base(vcpu, base)); return 0;
    default: return -XEN_EINVAL;
    }
}
