/*
 * For this room only: each CPU's window in the STACKS_BASE region, and what lies in it.
 *
 *   pages  0..13  a guest's own descriptors, read-only: copies, or one frame of zeros that all share
 *   page  14      this CPU's descriptors from selector 0xe000 on, and its TSS
 *   page  15      nothing: guard
 *   pages 16..19  stack
 *   page  20      guard;  21..22 NMI stack
 *   page  23      guard;  24..25 double fault stack
 *   page  26      guard;  27..28 machine check stack
 *   pages 29..31  nothing
 */
#ifndef CPU_DESCRIPTORS_H
#define CPU_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/paging.h"
#include "cpu/percpu.h"

#define WINDOW_BYTES              0x20000ull
#define WINDOW_GDT_PAGE           14u
#define WINDOW_STACK_PAGE         16u
#define WINDOW_STACK_PAGES        4u
#define WINDOW_IST_PAGES          2u
#define WINDOW_NMI_PAGE           21u
#define WINDOW_DOUBLE_FAULT_PAGE  24u
#define WINDOW_MACHINE_CHECK_PAGE 27u

enum { IST_NONE, IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK };

/* SDM vol. 3, 8.7. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "TSS");

static inline uint64_t window_base(unsigned slot)
{
    return STACKS_BASE + slot * WINDOW_BYTES;
}

static inline uint64_t window_stack_top(unsigned slot)
{
    return window_base(slot) + (uint64_t)(WINDOW_STACK_PAGE + WINDOW_STACK_PAGES) * FRAME_SIZE;
}

/* Takes memory for the window and fills it, from any CPU; panics if there is none. Once for each slot. */
void window_build(struct cpu *cpu, unsigned slot);
/* True if [address, address + size) lies on a stack that is mapped: the boot stack or one in a window. */
bool window_on_stack(uint64_t address, uint64_t size);
/* The slot whose guard page `address` lies in, or -1. */
int window_guard_hit(uint64_t address);

/* This CPU goes over to its window's descriptors. */
void gdt_load(struct cpu *cpu);

/* Every gate to the plain entry, on `selector`: what there is until the stacks of NMI and its like exist. */
void idt_build_early(uint16_t selector);
void idt_build(void);
void idt_load(void);
/* The PICs to vectors 0x20..0x2f, clear of the exceptions, and masked. */
void pics_mask(void);

/* CR0, CR4, PAT, SYSCALL MSRs, FPU of this CPU. */
void control_init_cpu(void);

/* Return addresses from frame pointer `rbp` on, as far as they can be trusted. */
void backtrace_print(uint64_t rbp);

/* How far a woken CPU has come: its start_state, which it and the boot CPU change by compare-and-exchange. */
enum start_state { START_NONE, START_READY, START_REFUSED, START_GO };

/* cpu_start.c: a woken CPU's first C, on its own stack. `entry` is where it ends, set before any is woken. */
void smp_set_entry(void (*entry)(void));
void smp_woken(unsigned slot);

/* NMI: if a panic asked us to stop, says so and halts for ever. */
void smp_stop_if_asked(struct cpu *cpu);

#endif
