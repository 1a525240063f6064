/* For this room only: what entry_traps.asm calls, and what a trap asks of the rest of the room. */
#ifndef CPU_TRAPS_ENTRY_H
#define CPU_TRAPS_ENTRY_H

#include "cpu/percpu.h"
#include "cpu/traps.h"

#define EXCEPTIONS 32u /* the vectors below it; above are interrupts */
#define VECTORS    256u

void traps_from_guest(struct trap_frame *frame);
void traps_from_hypervisor(struct trap_frame *frame);
void traps_own_stack(struct trap_frame *frame, struct cpu *cpu);
_Noreturn void traps_return(void);

/* Prints return addresses from frame pointer `rbp` on, as far as they can be trusted. */
void backtrace_print(uint64_t rbp);

/* Of an NMI: if all other CPUs are to stop, notes that this one does, and halts for ever. */
void smp_stop_if_asked(struct cpu *cpu);

#endif
