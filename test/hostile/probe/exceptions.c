/* Exceptions and software interrupts: which trap, with which frame, and what of the masks. */
#include "probe/probe.h"

static struct trap_frame frame;
static unsigned count;
static u64 from, to; /* the instruction, and the one behind it */
static u64 cr2;
static bool masked_inside;

void seen_trap(struct trap_frame *now_here)
{
    frame = *now_here;
    count++;
    cr2 = infos[this_vcpu()]->arch.cr2;
    masked_inside = infos[this_vcpu()]->evtchn_upcall_mask;
    now_here->rip = to;
    now_here->rflags &= ~0x100ull; /* no single steps in what follows */
}

static void report(const char *name)
{
    const char *where = frame.rip == from ? "at" : frame.rip == to ? "behind" : "off";

    say("probe: trap %s = %d of vector %d, error %x, rip %s it, cs %x, ss %x, if %x, df %x\n", name,
        (long)count, (long)frame.vector, frame.error, where, frame.cs, frame.ss, frame.rflags & 0x200,
        frame.rflags & 0x400);
    say("probe: trap %s, masked = %d inside, %d afterwards\n", name, (long)masked_inside,
        (long)infos[0]->evtchn_upcall_mask);
    count = 0;
    frame = (struct trap_frame){0};
}

/* The instruction finds `address` in rcx and may spoil rax, rcx, rdx and the direction. */
#define TRAP(name, instruction, address)                                                        \
    do {                                                                                        \
        u64 rcx_ = (u64)(address);                                                              \
        __asm__ volatile("leaq 0f(%%rip), %%rax\n\tmovq %%rax, %1\n\tleaq 1f(%%rip), %%rax\n\t" \
                         "movq %%rax, %2\n0: " instruction "\n1: cld"                           \
                         : "+c"(rcx_), "=m"(from), "=m"(to)                                     \
                         :                                                                      \
                         : "rax", "rdx", "memory", "cc");                                       \
        report(name);                                                                           \
    } while (0)

static void instructions(void)
{
    TRAP("ud2", "ud2", 0);
    TRAP("int3", "int3", 0);
    TRAP("hlt", "hlt", 0);
    TRAP("cli", "cli", 0);
    TRAP("int 0x80", "int $0x80", 0);
    TRAP("int 0x81", "int $0x81", 0);
    TRAP("divide by 0", "divq %%rcx", 0);
    TRAP("load of ds", "movl %%ecx, %%ds", 0x10);
    TRAP("address not canonical", "movq (%%rcx), %%rax", NOT_CANONICAL);
    TRAP("single step", "pushfq; orl $0x100, (%%rsp); popfq; nop; nop", 0);
}

static void page_faults(void)
{
    TRAP("read, not mapped", "movq (%%rcx), %%rax", NOT_MAPPED);
    hex("cr2", cr2);
    TRAP("write, not mapped, backwards", "std; movq %%rax, (%%rcx)", NOT_MAPPED + 8);
    hex("cr2", cr2);
    TRAP("write to a page table", "movq %%rax, (%%rcx)", start_info->pt_base);
    hex("cr2 less the table", cr2 - start_info->pt_base);
    TRAP("read of the hypervisor's", "movq (%%rcx), %%rax", HYPERVISOR_VA);
    hex("cr2", cr2);
    TRAP("write to machine_to_phys", "movq %%rax, (%%rcx)", M2P_VA);
}

/* Handlers that mask events, and gates that the kernel (PL 1 to Xen) may use or not. */
static void masks(void)
{
    take_traps(4);
    infos[0]->evtchn_upcall_mask = 0;
    TRAP("ud2 with a handler that masks", "ud2", 0);
    TRAP("int 0x81 with a gate of 0", "int $0x81", 0);
    take_traps(1);
    infos[0]->evtchn_upcall_mask = 1;
    TRAP("int 0x81 with a gate of 1", "int $0x81", 0);
}

static void read_only_page(void)
{
    call(__HYPERVISOR_update_va_mapping, (u64)page_b, pte_of(page_a, PTE_RO), UVMF_INVLPG | UVMF_ALL);
    TRAP("write to a read-only page", "movq %%rax, (%%rcx)", page_b);
    call(__HYPERVISOR_update_va_mapping, (u64)page_b, 0, UVMF_INVLPG | UVMF_LOCAL);
    TRAP("read of a page taken away", "movq (%%rcx), %%rax", page_b);
    call(__HYPERVISOR_update_va_mapping, (u64)page_b, pte_of(page_b, PTE_RW), UVMF_INVLPG | UVMF_LOCAL);
}

void probe_exceptions(void)
{
    instructions();
    page_faults();
    masks();
    read_only_page();
}
