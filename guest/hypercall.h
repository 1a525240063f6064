/* Calls to the hypervisor, through the hypercall page: Xen's numbers, Xen's structures. */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stdint.h>
#include <xen/xen.h>

extern char hypercall_page[];

/*
 * Makes a call with up to four arguments. Returns its answer; a negative one is an errno of xen/errno.h. The
 * hypervisor may change the argument registers; SYSCALL takes rcx and r11.
 */
static inline long hypercall(unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    long result;

    register uint64_t r10 __asm__("r10") = d;
    __asm__ volatile("call *%[entry]"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
                     : [entry] "r"(hypercall_page + 32 * number)
                     : "rcx", "r8", "r9", "r11", "memory");
    return result;
}

static inline uint64_t address_of(const void *object)
{
    return (uint64_t)(uintptr_t)object;
}

#endif
