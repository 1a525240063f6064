/* The bases of FS and GS, which a guest at CPL 3 cannot set by itself. */
#include <stdint.h>
#include <xen/xen.h>

#include "domain/context.h"
#include "domain/guest.h"
#include "domain/hypercalls.h"

int64_t call_set_segment_base(struct vcpu *vcpu, uint64_t args[5])
{
    uint64_t base = args[1];

    if ((unsigned)args[0] > SEGBASE_GS_KERNEL || !address_canonical(base))
        return -XEN_EINVAL;
    switch ((unsigned)args[0]) {
    case SEGBASE_FS:
        vcpu->fs_base = base;
        context_set_fs_base(vcpu);
        break;
    case SEGBASE_GS_KERNEL: /* its kernel mode is all there is */
        vcpu->gs_base = base;
        context_set_gs_base(vcpu);
        break;
    default: /* the one of a user mode that there is not yet: never loaded */ break;
    }
    return 0;
}
