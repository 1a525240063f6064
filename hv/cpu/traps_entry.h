/* What entry_traps.asm calls, and the names of traps. For this room only. */
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

#endif
