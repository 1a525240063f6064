/* Bringing traps up: first so that a fault is a line at all, later for good. */
#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"

#define PIC1 0x20u
#define PIC2 0xa0u

void traps_init_early(void)
{
    uint16_t selector;

    __asm__("movw %%cs, %0" : "=r"(selector));
    idt_build_early(selector);
    idt_load();
}

/* To vectors 0x20..0x2f, clear of the exceptions, and masked: only what is spurious still comes from them. */
static void mask_pics(void)
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

void traps_init_cpu(void)
{
    struct cpu *cpu = cpu_this();

    if (cpu->slot == 0) {
        window_build(cpu, 0);
        mask_pics();
    }
    gdt_load(cpu);
    if (cpu->slot == 0)
        idt_build();
    idt_load();
    control_init_cpu();
}
