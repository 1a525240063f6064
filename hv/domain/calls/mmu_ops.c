/*
 * update_va_mapping, set_gdt and mmuext_op: the guest changes an L1 entry, its descriptors, or the root of
 * its user mode, and asks for flushes.
 */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "domain/calls/calls.h"
#include "domain/memory/ownership.h"
#include "domain/vcpu/guest_gdt.h"
#include "domain/vcpu/tlb.h"
#include "domain/vcpu/vcpu.h"

#define OPS_AT_ONCE 32
#define PREEMPTED   (1u << 31)

/* Reads a bitmap of VCPUs from the guest's memory. Returns false if it cannot be read. */
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

static int64_t flush_after_change(struct vcpu *vcpu, uint64_t va, uint64_t flags)
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
            tlb_flush_here();
        return 0;
    }
    if (where == UVMF_ALL)
        vcpus = ~0ull;
    else if (!vcpus_named(vcpu, where, &vcpus))
        return -XEN_EFAULT;
    tlb_flush(vcpu->domain, vcpus); /* the whole TLB even for one page, which is rare */
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
    result = pte_policy(wanted, domain_frame_kind(vcpu->domain, wanted & PTE_ADDRESS), &allowed);
    if (result) {
        call_complain(vcpu, "update_va_mapping of %lx to %lx refused (%d)", args[0], wanted, result);
        return result;
    }
    __atomic_store_n(entry, allowed, __ATOMIC_SEQ_CST); /* in one piece: another VCPU may walk it now */
    return flush_after_change(vcpu, args[0], args[2]);
}

/* args: list of frames, entries. */
int64_t call_set_gdt(struct vcpu *vcpu, uint64_t args[5])
{
    uint32_t entries = (uint32_t)args[1];
    uint64_t mfns[GUEST_GDT_PAGES];
    int64_t result;
    bool were_on;

    if (entries > GUEST_GDT_ENTRIES)
        return -XEN_EINVAL;
    if (!guest_read(vcpu_space(vcpu), mfns, args[0], guest_gdt_pages(entries) * sizeof mfns[0]))
        return -XEN_EFAULT;
    were_on = lock_take(&vcpu->domain->lock);
    result = guest_gdt_set(vcpu, mfns, entries);
    lock_release(&vcpu->domain->lock, were_on);
    if (result)
        call_complain(vcpu, "set_gdt of %u entries refused (%ld)", entries, result);
    else
        guest_gdt_load(vcpu);
    return result;
}

/* Only the tables that the guest was started on can be the root. 0 takes the root from the user mode. */
static int64_t set_user_root(struct vcpu *vcpu, uint64_t mfn)
{
    uint64_t root = vcpu->domain->space.root;

    if (mfn && mfn != root / GUEST_PAGE) {
        call_complain(vcpu, "MMUEXT_NEW_USER_BASEPTR %lx refused: not the tables it was started on", mfn);
        return -XEN_EINVAL;
    }
    vcpu->user_root = mfn ? root : 0;
    return 0;
}

static int64_t mmuext_flush_some(struct vcpu *vcpu, uint64_t bitmap)
{
    uint64_t vcpus;

    if (!vcpus_named(vcpu, bitmap, &vcpus))
        return -XEN_EINVAL;
    tlb_flush(vcpu->domain, vcpus);
    return 0;
}

static int64_t mmuext_one(struct vcpu *vcpu, const struct mmuext_op *op)
{
    switch (op->cmd) {
    case MMUEXT_NEW_USER_BASEPTR: return set_user_root(vcpu, op->arg1.mfn);
    case MMUEXT_NEW_BASEPTR: return op->arg1.mfn == vcpu->domain->space.root / GUEST_PAGE ? 0 : -XEN_EINVAL;
    case MMUEXT_INVLPG_LOCAL:
        if (address_canonical(op->arg1.linear_addr))
            invlpg(op->arg1.linear_addr);
        return 0;
    case MMUEXT_TLB_FLUSH_LOCAL: tlb_flush_here(); return 0;
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI: return mmuext_flush_some(vcpu, (uint64_t)op->arg2.vcpumask.p);
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_INVLPG_ALL: tlb_flush(vcpu->domain, ~0ull); return 0;
    default: return -XEN_ENOSYS;
    }
}

/* Does at most OPS_AT_ONCE operations. Moves `args`, *count and *done on to what is left. */
static int64_t mmuext_some(struct vcpu *vcpu, uint64_t args[5], uint32_t *count, uint32_t *done)
{
    struct mmuext_op op;
    int64_t result = 0;

    for (unsigned i = 0; *count && i < OPS_AT_ONCE; i++) {
        if (!guest_read(vcpu_space(vcpu), &op, args[0], sizeof op))
            return -XEN_EFAULT;
        result = mmuext_one(vcpu, &op);
        if (result)
            break;
        args[0] += sizeof op;
        ++*done;
        --*count;
    }
    return result;
}

/*
 * args: list, count, where to store how many were done (0: nowhere), the domain that it is about. What is
 * left of a long list becomes another call. As on Xen its count is marked, which says that the number done
 * so far is already stored.
 */
int64_t call_mmuext_op(struct vcpu *vcpu, uint64_t args[5])
{
    uint32_t count = (uint32_t)args[1], done = 0;
    int64_t result;

    if ((uint32_t)args[3] != DOMID_SELF && (uint32_t)args[3] != 0)
        return -XEN_ESRCH;
    if ((count & PREEMPTED) && args[2] && !guest_read(vcpu_space(vcpu), &done, args[2], sizeof done))
        return -XEN_EFAULT;
    count &= ~PREEMPTED;
    result = mmuext_some(vcpu, args, &count, &done);
    if (args[2] && !guest_write(vcpu_space(vcpu), args[2], &done, sizeof done))
        return -XEN_EFAULT;
    if (result == 0 && count) {
        args[1] = count | PREEMPTED;
        vcpu->call_again = true;
    }
    return result;
}
