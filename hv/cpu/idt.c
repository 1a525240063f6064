/* The one IDT all CPUs share: interrupt gates only, so every handler begins with interrupts off. */
#include "cpu/cpu_area.h"
#include "cpu/cpu_start.h"
#include "cpu/instructions.h"
#include "cpu/traps_entry.h"

#define GATE_INTERRUPT 0x8e00u
#define GATE_DPL3      0x6000u
#define STUB_BYTES     12ull

#define PIC1 0x20u
#define PIC2 0xa0u

/* SDM vol. 3, 6.14.1. */
struct gate {
    uint16_t offset_low, selector, flags, offset_mid;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "IDT gate");

/*
 * entry_traps.asm: an entry for each exception, for VECTOR_TIMER, for VECTOR_WAKE, and one for all other
 * interrupts; and those for traps with a stack of their own.
 */
extern char trap_stubs[];
extern char trap_stub_nmi[], trap_stub_double_fault[], trap_stub_machine_check[];

static struct gate idt[VECTORS] __attribute__((aligned(4096)));

static void set_gate(unsigned vector, const char *entry, uint16_t selector, unsigned flags)
{
    uint64_t offset = (uint64_t)entry;

    idt[vector] = (struct gate){.offset_low = (uint16_t)offset,
                                .selector = selector,
                                .flags = (uint16_t)(GATE_INTERRUPT | flags),
                                .offset_mid = (uint16_t)(offset >> 16),
                                .offset_high = (uint32_t)(offset >> 32)};
}

static const char *entry_of(unsigned vector)
{
    unsigned stub = vector < EXCEPTIONS      ? vector
                    : vector == VECTOR_TIMER ? EXCEPTIONS
                    : vector == VECTOR_WAKE  ? EXCEPTIONS + 1
                                             : EXCEPTIONS + 2;

    return trap_stubs + stub * STUB_BYTES;
}

void idt_build_early(uint16_t selector)
{
    for (unsigned vector = 0; vector < VECTORS; vector++)
        set_gate(vector, entry_of(vector), selector, 0);
    /* Breakpoint and overflow are for everyone; any other INT n from CPL 3 gives #GP (n * 8 + 2). */
    set_gate(VECTOR_BP, trap_stubs + VECTOR_BP * STUB_BYTES, selector, GATE_DPL3);
    set_gate(VECTOR_OF, trap_stubs + VECTOR_OF * STUB_BYTES, selector, GATE_DPL3);
}

void idt_build(void)
{
    idt_build_early(SEL_KERNEL_CODE);
    set_gate(VECTOR_NMI, trap_stub_nmi, SEL_KERNEL_CODE, IST_NMI);
    set_gate(VECTOR_DOUBLE_FAULT, trap_stub_double_fault, SEL_KERNEL_CODE, IST_DOUBLE_FAULT);
    set_gate(VECTOR_MACHINE_CHECK, trap_stub_machine_check, SEL_KERNEL_CODE, IST_MACHINE_CHECK);
}

void idt_load(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof idt - 1, (uint64_t)idt};

    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void traps_init_early(void)
{
    uint16_t selector;

    __asm__("movw %%cs, %0" : "=r"(selector));
    idt_build_early(selector);
    idt_load();
}

/* To vectors 0x20..0x2f, clear of the exceptions, and masked: only what is spurious still comes from them. */
void pics_mask(void)
{
    outb(PIC1, 0x11); /* ICW1: begin, ICW4 follows (Intel 8259A) */
    outb(PIC2, 0x11);
    outb(PIC1 + 1, 0x20);
    outb(PIC2 + 1, 0x28);
    outb(PIC1 + 1, 1u << 2);
    outb(PIC2 + 1, 2);
    outb(PIC1 + 1, 1);
    outb(PIC2 + 1, 1);
    outb(PIC1 + 1, 0xff);
    outb(PIC2 + 1, 0xff);
}
