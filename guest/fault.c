#include "fault.h"

#include <stdint.h>
#include <xen/xen.h>

#include "clock.h"
#include "hypercall.h"
#include "log/string.h"
#include "system.h"

#define PROVOKES      static __attribute__((noinline)) void
#define PAGE_SIZE     4096u
#define NON_CANONICAL 0x8000000000000000ull
#define FREE_VECTOR   "0x80"
#define VECTOR_PF     14

/* A stack of one page, and below it a page that is taken out of the address space. */
static uint8_t guarded[2][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* Hides an address from the compiler, which knows that such an access is an error. */
static volatile uint32_t *hidden(uint64_t address)
{
    __asm__ volatile("" : "+r"(address));
    return (volatile uint32_t *)address;
}

PROVOKES opcode(void)
{
    __asm__ volatile("ud2");
}

PROVOKES null(void)
{
    *hidden(0) = 1;
}

PROVOKES timepage(void)
{
    if (clock_has_pages())
        *hidden((uint64_t)guest_clock.pages[0]) = 1;
}

PROVOKES divide(void)
{
    uint32_t low = 1, high = 0;

    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0u));
}

PROVOKES breakpoint(void)
{
    __asm__ volatile("int3");
}

PROVOKES gp(void)
{
    *hidden(NON_CANONICAL) = 1;
}

PROVOKES gate(void)
{
    __asm__ volatile("int $" FREE_VECTOR);
}

static void take_out_guard(void)
{
    if (memory_unmap(guarded[0]))
        print("guest: the guard page was not taken out\n");
}

PROVOKES guard(void)
{
    take_out_guard();
    *hidden((uint64_t)guarded[0]) = 1;
}

/* Faults on the stack: no frame can be pushed for the handler, which on hardware is a double fault. */
PROVOKES overflow(void)
{
    take_out_guard();
    __asm__ volatile("mov %0, %%rsp\n"
                     "1:\tcall 1b"
                     :
                     : "r"(guarded[1] + PAGE_SIZE)
                     : "memory");
}

static void set_handler(uint8_t vector, uint64_t address)
{
    struct trap_info table[2] = {{vector, 0, FLAT_KERNEL_CS, address}, {0}};

    if (hypercall(__HYPERVISOR_set_trap_table, address_of(table), 0, 0, 0))
        print("guest: the handler was not set\n");
}

/* The handler itself lies in the missing page: each fault leads to the next, until the stack is used up. */
PROVOKES handler(void)
{
    take_out_guard();
    set_handler(VECTOR_PF, (uint64_t)guarded[0]);
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "movl $1, (%1)"
                     :
                     : "r"(guarded[1] + PAGE_SIZE), "r"(hidden(0))
                     : "memory");
}

/* An empty table takes every handler away. */
PROVOKES nohandler(void)
{
    hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0);
    opcode();
}

static const struct {
    const char *name;
    fault_provoke provoke;
} faults[] = {
    {"opcode", opcode},         {"null", null},       {"timepage", timepage},   {"divide", divide},
    {"breakpoint", breakpoint}, {"gp", gp},           {"gate", gate},           {"guard", guard},
    {"overflow", overflow},     {"handler", handler}, {"nohandler", nohandler},
};

fault_provoke fault_named(const char *name, size_t length)
{
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (length == strlen(faults[i].name) && !memcmp(name, faults[i].name, length))
            return faults[i].provoke;
    return NULL;
}
