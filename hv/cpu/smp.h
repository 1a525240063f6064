/* Waking CPUs from a plain list of APIC ids: all together, each on its own guarded stack. */
#ifndef CPU_SMP_H
#define CPU_SMP_H

#include <stdint.h>

/*
 * `trampoline` is one free page below 1 MiB. INIT to all, 10 ms, SIPI to all, SIPI again to those that have
 * not come. Each CPU that comes gets the next dense id, sets itself up (descriptors, APIC, GS) and calls
 * `entry`, which must not return. Waits at most 1 s of `wait_us` time altogether; who did not come is named
 * in a line, his stack is never used again and he is turned away if he comes late. Returns how many CPUs are
 * online (this one too). The page must never be used for anything else again. `wait_us` busy-waits that long
 * (bounded; the caller has a reference timer by then).
 */
unsigned smp_start(const uint32_t *apic_ids, unsigned count, uint64_t trampoline, void (*entry)(void),
                   void (*wait_us)(uint32_t us));

/* Prepares the boot CPU's own struct cpu, stack and GS; the very first thing in C. */
void smp_init_boot_cpu(void);

/* Wakes CPU `id` from HLT or out of its guest (VECTOR_WAKE). */
void smp_wake(unsigned id);

/*
 * Stops all other CPUs by NMI, for ever; for panic. Returns when they said so or 100 ms of turns have passed.
 */
void smp_stop_others(void);

/*
 * The last act of all: every other CPU stops, for ever, and the boot CPU does `last`, since firmware may hang
 * if another one asks it to switch off. Any CPU, any context. Returns on the boot CPU alone, when `last` has.
 */
void smp_finish(void (*last)(void));

/* A triple fault, on which a PC resets (SDM vol. 3, 6.15). */
_Noreturn void smp_triple_fault(void);

#endif
