/* Single instructions that C has no words for. */
#include "../kit.h"

#include <xen/sched.h>

#include "pv64.h"

long load_ds(unsigned selector)
{
    expect(13, 2);
    __asm__ volatile("movl %0, %%ds" : : "a"(selector) : "memory");
    return was_caught() ? -1 : 0;
}

long cs_by_far_return(unsigned long selector)
{
    unsigned long now;

    __asm__ volatile("pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %%cs, %%eax"
                     : "=&a"(now)
                     : "r"(selector)
                     : "memory");
    return (long)now;
}

unsigned read_cs(void)
{
    unsigned now;

    call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
    __asm__ volatile("movl %%cs, %0" : "=r"(now));
    return now;
}

long same_by_iret(void)
{
    unsigned long result;

    __asm__ volatile("movq %%rsp, %%rdx\n\t"
                     "pushq %[ss]\n\t"
                     "pushq %%rdx\n\t"
                     "pushq $0x202\n\t"
                     "pushq %[cs]\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "pushq $0\n\t"
                     "pushq $0\n\t"
                     "pushq $0\n\t"
                     "pushq $0x1234\n\t"
                     "movl $23, %%eax\n\t"
                     "syscall\n"
                     "1:"
                     : "=&a"(result)
                     : [cs] "i"(FLAT_KERNEL_CS & ~3), [ss] "i"(FLAT_KERNEL_SS & ~3)
                     : "rcx", "rdx", "r11", "memory");
    return (long)result;
}

void cpuid_forced(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    __asm__ volatile("ud2a; .ascii \"xen\"; cpuid"
                     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                     : "0"(leaf), "2"(subleaf));
}
