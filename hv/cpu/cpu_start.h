/* For this room only: what a CPU does for itself as it starts (cpu_start.c), step by step. */
#ifndef CPU_START_H
#define CPU_START_H

#include <stdint.h>

/* How far a woken CPU has come: its start_state, which it and the boot CPU change by compare-and-exchange. */
enum start_state { START_NONE, START_READY, START_REFUSED, START_GO };

/* A woken CPU's first C, on the stack of its own area. It ends in what smp_set_entry was given before. */
void smp_woken(unsigned area);
void smp_set_entry(void (*entry)(void));

/* Fills every gate with the plain entry, on `selector`: for the time before NMI and its like have stacks. */
void idt_build_early(uint16_t selector);
void idt_build(void);
void idt_load(void);
/* Sends the PICs' interrupts to vectors 0x20..0x2f, clear of the exceptions, and masks them. */
void pics_mask(void);

/* Sets CR0, CR4, PAT, the MSRs of SYSCALL and the FPU of this CPU. */
void control_init_cpu(void);

#endif
