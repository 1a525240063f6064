/* update_va_mapping: one L1 entry, checked, and the translations of old forgotten where the guest asks for
 * it. */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "domain/calls/calls.h"
#include "domain/guest.h"
#include "domain/memory/ownership.h"
#include "domain/memory/pte_policy.h"
#include "domain/memory/tlb.h"

/* The VCPUs named by a bitmap in the guest's memory. */
static bool vcpus_named(struct vcpu *vcpu, uint64_t bitmap, uint64_t *vcpus)
{
    uint32_t count = vcpu->domain->vcpu_count;

    *vcpus = 0;
    if (!guest_read(vcpu_space(vcpu), vcpus, bitmap, (count + 7) / 8))
        return false;
    *vcpus &= (1ull << count) - 1;
    return true;
}

_Static_assert(MAX_VCPUS < 64, "a bit each");

static int64_t flush(struct vcpu *vcpu, uint64_t va, uint64_t flags)
{
    uint64_t where = flags & ~UVMF_FLUSHTYPE_MASK, vcpus;

    switch (flags & UVMF_FLUSHTYPE_MASK) {
    case UVMF_TLB_FLUSH:
    case UVMF_INVLPG: break;
    default: return 0;
    }
    if (where == UVMF_LOCAL) {
        if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG)
            invlpg(va);
        else
            write_cr3(read_cr3());
        return 0;
    }
    if (where == UVMF_ALL)
        vcpus = ~0ull;
    else if (!vcpus_named(vcpu, where, &vcpus))
        return -XEN_EFAULT;
    tlb_flush(vcpu->domain, vcpus); /* all of each TLB: one page more or less is not worth a second way */
    return 0;
}

/* args: virtual address, new entry, UVMF_* flags. */
int64_t call_update_va_mapping(struct vcpu *vcpu, uint64_t args[5])
{
    volatile uint64_t *entry = guest_entry(vcpu_space(vcpu), args[0]);
    uint64_t wanted = args[1], allowed;
    int result;

    if (!entry)
        return -XEN_EINVAL;
    result = pte_policy(wanted, frame_kind_of(vcpu->domain, wanted & PTE_ADDRESS), &allowed);
    if (result) {
        guest_complain(vcpu, "update_va_mapping of %lx to %lx refused (%d)", args[0], wanted, result);
        return result;
    }
    __atomic_store_n(entry, allowed, __ATOMIC_SEQ_CST); /* whole: other VCPUs may walk it now */
    return flush(vcpu, args[0], args[2]);
}
