/* update_va_mapping: which entries it takes, and what they do. */
#include "probe/probe.h"

#define PTE_A    (1ull << 5)
#define PTE_D    (1ull << 6)
#define PTE_G    (1ull << 8)
#define PTE_FREE (7ull << 9)
#define PTE_NX   (1ull << 63)

#define map(name, va, entry, how) answer("map " name, __HYPERVISOR_update_va_mapping, va, entry, how)

static const u64 one = UVMF_INVLPG | UVMF_LOCAL;

static void aliases(void)
{
    map("another page", page_b, pte_of(page_a, PTE_RW), one);
    *(volatile u64 *)page_a = 0xabcd;
    hex("what it shows", *(volatile u64 *)page_b);
    map("read-only", page_b, pte_of(page_a, PTE_RO), UVMF_INVLPG | UVMF_ALL);
    map("no-execute", page_b, pte_of(page_a, PTE_RW | PTE_NX), UVMF_TLB_FLUSH | UVMF_LOCAL);
    map("without U", page_b, pte_of(page_a, PTE_P | PTE_W), UVMF_TLB_FLUSH | UVMF_ALL);
    hex("what it shows", *(volatile u64 *)page_b);
    map("nothing", page_b, 0, one);
    map("back", page_b, pte_of(page_b, PTE_RW), one);
}

static void kinds(void)
{
    const void *table = (const void *)start_info->pt_base;

    map("a page table, writable", page_b, pte_of(table, PTE_RW), one);
    map("a page table, read-only", page_b, pte_of(table, PTE_RO), one);
    map("with bits for software", page_b, pte_of(page_b, PTE_RW | PTE_FREE), one);
    map("with A and D", page_b, pte_of(page_b, PTE_RW | PTE_A | PTE_D), one);
    map("global", page_b, pte_of(page_b, PTE_RW | PTE_G), one);
    map("shared_info", shared, start_info->shared_info | PTE_RW, UVMF_INVLPG | UVMF_ALL);
    map("a frame that is none", page_b, 0x000ffffffffff000ull | PTE_RO, one);
}

static void places(void)
{
    map("where no table is", 0x500000, pte_of(page_b, PTE_RW), one);
    map("in the hypervisor's part", M2P_VA, pte_of(page_b, PTE_RW), one);
    map("where no address is", NOT_CANONICAL, pte_of(page_b, PTE_RW), one);
}

static void flushes(void)
{
    u64 vcpu_0 = 1;

    map("with a bitmap not mapped", page_b, pte_of(page_b, PTE_RW), UVMF_INVLPG | NOT_MAPPED);
    map("with a bitmap", page_b, pte_of(page_b, PTE_RW), UVMF_INVLPG | (u64)&vcpu_0);
    map("with no flush", page_b, pte_of(page_b, PTE_RW), UVMF_NONE);
}

void probe_mappings(void)
{
    aliases();
    kinds();
    places();
    flushes();
}
