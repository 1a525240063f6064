#include "domain/memory/pte_policy.h"

#include <xen/errno.h>

#include "cpu/paging.h"

#define PTE_GLOBAL (1ull << 8)
/* Bits that only software reads (SDM vol. 3, table 4-20). */
#define PTE_SOFTWARE (7ull << 9 | 0x7ffull << 52)
#define ALLOWED      (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | PTE_GLOBAL | PTE_SOFTWARE | PTE_NX)

/*
 * As Xen's rules for a PV guest's L1 entries, but that memory types other than write-back are refused for all
 * frames (the hypervisor maps them write-back itself), and an entry that is not present may hold no address:
 * a CPU with the L1TF fault would read what lies there.
 */
int pte_policy(uint64_t wanted, enum frame_kind kind, uint64_t *out)
{
    if (!(wanted & PTE_P)) {
        *out = wanted;
        return wanted & PTE_ADDRESS ? -XEN_EINVAL : 0;
    }
    if (wanted & ~(ALLOWED | PTE_ADDRESS))
        return -XEN_EINVAL;
    if (kind == FRAME_FOREIGN)
        return (wanted & PTE_ADDRESS) == PTE_ADDRESS ? -XEN_EINVAL : -XEN_EBUSY;
    if ((wanted & PTE_W) && (kind == FRAME_TABLE || kind == FRAME_DESCRIPTORS || kind == FRAME_TIME))
        return -XEN_EBUSY;
    /* Its kernel runs at CPL 3, so all it maps is a user page; none is global, or a load of CR3 would not
     * flush it. */
    *out = (wanted & ~PTE_GLOBAL) | PTE_U;
    return 0;
}
