/*
 * How each trap is brought about. The functions are kept whole (noinline), so that back traces show their
 * names; every wild address is hidden from the compiler, which knows what would come of it.
 */
#include "trap.h"

#include <stddef.h>

#include "cpu/apic.h"
#include "cpu/cpu_area.h"
#include "cpu/instructions.h"
#include "cpu/traps.h"
#include "log/log.h"
#include "log/panic.h"

#define PROVOKES     static __attribute__((noinline)) void
#define NON_CANON    0x8000000000000000ull
#define WAIT_SPINS   100000000u /* each a PAUSE: some seconds */
#define FAR_SELECTOR 0xe063u    /* beyond the table's limit */

/* Returns the address; the compiler does not know where it comes from. */
static volatile uint32_t *hidden(uint64_t address)
{
    __asm__ volatile("" : "+r"(address));
    return (volatile uint32_t *)address;
}

PROVOKES provoke_pagefault(void)
{
    *hidden(0x10) = 1;
}

PROVOKES provoke_readonly(void)
{
    *hidden((uint64_t)&provoke_readonly) = 1;
}

PROVOKES provoke_execute(void)
{
    static uint32_t data;

    ((void (*)(void))(uint64_t)hidden((uint64_t)&data))();
    __asm__ volatile("");
}

/* The page below this CPU's stack, by a plain write: the stack itself is sound. */
PROVOKES provoke_guard(void)
{
    *hidden(cpu_area_base(cpu_this()->area) + (uint64_t)(AREA_STACK_PAGE - 1) * FRAME_SIZE + 8) = 1;
}

static __attribute__((noinline)) unsigned dive(unsigned depth)
{
    volatile uint8_t ballast[512];

    ballast[0] = (uint8_t)depth;
    if (*hidden((uint64_t)&depth) < 1000000u)
        depth = dive(depth + 1);
    return depth + ballast[0];
}

PROVOKES provoke_overflow(void)
{
    log_print("trap test: %u deep\n", dive(0));
}

/* A page fault that finds no stack to be reported on (SDM vol. 3, table 6-5). */
PROVOKES provoke_doublefault(void)
{
    __asm__ volatile("movq %0, %%rsp\n\tpushq $0" : : "r"(hidden(0x1000)) : "memory");
}

PROVOKES provoke_gp(void)
{
    *hidden(NON_CANON) = 1;
}

PROVOKES provoke_divide(void)
{
    uint32_t low = 1, high = 0;

    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0u));
}

PROVOKES provoke_opcode(void)
{
    __asm__ volatile("ud2");
}

PROVOKES provoke_breakpoint(void)
{
    __asm__ volatile("int3");
}

/* The IRETQ to the guest faults: CPL 0, and GS is the guest's already. */
PROVOKES provoke_iret(void)
{
    static struct trap_frame frame __attribute__((aligned(16)));

    frame.cs = FAR_SELECTOR;
    frame.ss = SEL_USER_DATA;
    guest_resume(&frame);
}

PROVOKES provoke_panic(void)
{
    panic("the test asked for it");
}

static __attribute__((noinline)) void faulty_trace(void)
{
    *hidden(0x20) = 1;
}

/* A fault within the panic. */
PROVOKES provoke_twice(void)
{
    panic_set_trace(faulty_trace);
    panic("the test asked for two");
}

static uint64_t nmis_here(void)
{
    return traps_nmi_count(cpu_id());
}

PROVOKES provoke_nmi(void)
{
    uint64_t before = nmis_here();

    apic_send_nmi(apic_id());
    for (unsigned spin = 0; spin < WAIT_SPINS && nmis_here() == before; spin++)
        cpu_relax();
    if (nmis_here() == before)
        panic("no NMI came");
}

/* Interrupts that nobody asked for: each is counted and ended; else no lower vector would come again. */
PROVOKES provoke_nobodys(void)
{
    static const uint8_t vectors[] = {0x55, 0x81, 0xef, VECTOR_SPURIOUS};
    uint64_t before = traps_spurious_count(cpu_id());

    for (unsigned i = 0; i < sizeof vectors; i++)
        apic_send(apic_id(), vectors[i]);
    for (unsigned i = 0; i < 1000000u && traps_spurious_count(cpu_id()) < before + sizeof vectors; i++)
        __asm__ volatile("sti\n\tnop\n\tpause\n\tcli" : : : "memory");
    log_print("trap test: %lu interrupts of nobody's, %s in service\n",
              traps_spurious_count(cpu_id()) - before, apic_in_service() ? "one still" : "none");
}

/* From outside, by the emulator's monitor. */
PROVOKES provoke_machinecheck(void)
{
    log_print("trap test: waiting for a machine check\n");
    log_flush(); /* interrupts are off, and no timer drains it */
    for (unsigned spin = 0; spin < WAIT_SPINS; spin++)
        cpu_relax();
    panic("no machine check came");
}

const struct trap traps[] = {
    {"pagefault", provoke_pagefault},
    {"readonly", provoke_readonly},
    {"execute", provoke_execute},
    {"guard", provoke_guard},
    {"overflow", provoke_overflow},
    {"doublefault", provoke_doublefault},
    {"gp", provoke_gp},
    {"divide", provoke_divide},
    {"opcode", provoke_opcode},
    {"breakpoint", provoke_breakpoint},
    {"iret", provoke_iret},
    {"panic", provoke_panic},
    {"twice", provoke_twice},
    {"nmi", provoke_nmi},
    {"nobodys", provoke_nobodys},
    {"machinecheck", provoke_machinecheck},
    {NULL, NULL},
};
