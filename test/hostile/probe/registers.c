/* What a call leaves in the registers, by SYSCALL and through the page. */
#include "probe/probe.h"

#define NO_SUCH_CALL 60

static void by_syscall(void)
{
    u64 rip, here, flags;

    __asm__ volatile("movl %3, %%eax\n\tsyscall\n0: leaq 0b(%%rip), %1\n\tmovq %%r11, %2"
                     : "=&c"(rip), "=&r"(here), "=&r"(flags)
                     : "i"(NO_SUCH_CALL)
                     : "rax", "r11", "memory");
    value("SYSCALL leaves rip in rcx", rip == here);
    hex("SYSCALL leaves the flags in r11: if", flags & 0x200);
}

static void kept(void)
{
    u64 sum = 0;

    /* Those that a call may not change, all added up afterwards. */
    __asm__ volatile("movl $1, %%ebx; movl $2, %%r9d; movl $4, %%r12d; movl $8, %%r13d; movl $16, %%r14d\n\t"
                     "movl $32, %%r15d; movl %1, %%eax\n\tsyscall\n\t"
                     "addq %%rbx, %0; addq %%r9, %0; addq %%r12, %0; addq %%r13, %0; addq %%r14, %0\n\t"
                     "addq %%r15, %0"
                     : "+d"(sum)
                     : "i"(NO_SUCH_CALL)
                     : "rax", "rbx", "rcx", "r9", "r11", "r12", "r13", "r14", "r15", "memory");
    value("registers kept", sum);
}

static void by_page(void)
{
    u64 rcx = 0x77;

    __asm__ volatile("call *%1"
                     : "+c"(rcx)
                     : "r"(hypercall_page + 32 * NO_SUCH_CALL)
                     : "rax", "r11", "memory");
    hex("the page keeps rcx", rcx);
}

void probe_registers(void)
{
    const u64 *machine_to_phys = (const u64 *)M2P_VA;

    by_syscall();
    kept();
    by_page();
    value("machine_to_phys", machine_to_phys[frame_of(page_a)] == ((u64)page_a - BASE) / PAGE_BYTES);
}
