/* Waking CPUs from a plain list of APIC ids: all together, each on its own guarded stack. */
#ifndef CPU_SMP_H
#define CPU_SMP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sends INIT to all, waits 10 ms, sends SIPI to all, and again to those that have not come. Each CPU that
 * comes gets the next dense id, sets itself up (descriptors, APIC, GS) and calls `entry`, which must not
 * return. Waits at most 1 s altogether. A CPU that did not come is named in a line; its stack is never used
 * again, and it is turned away if it comes late. Returns how many CPUs are online, this one included.
 *
 * `trampoline` is a free page below 1 MiB, which must never be used for anything else again. `wait_us`
 * busy-waits that long, and ends whatever stops. It is a pointer because the timers are in hv/platform, a
 * room above this one.
 */
unsigned smp_start(const uint32_t *apic_ids, unsigned count, uint64_t trampoline, void (*entry)(void),
                   void (*wait_us)(uint32_t us));

/*
 * Prepares the boot CPU's own struct cpu, its GS and the panic's hooks; the very first thing after the log.
 */
void smp_init_boot_cpu(void);

/* Wakes CPU `id` from HLT, or brings it out of its guest (VECTOR_WAKE). */
void smp_wake(unsigned id);

/*
 * Stops a CPU for good: by INIT, and the boot CPU by an NMI, as soon as it would go on (stop.c). Returns
 * false if that was not sent.
 */
bool smp_give_up(unsigned id);

/* Stops all other CPUs by NMI, for ever; for panic. Returns when all have stopped, or after some 100 ms. */
void smp_stop_others(void);

/*
 * The last act of all: every other CPU stops, for ever, and the boot CPU calls `last`, since firmware may
 * hang if another CPU asks it to switch off. On any CPU, in any context. Returns on the boot CPU only, after
 * `last`.
 */
void smp_finish(void (*last)(void));

/* Makes a triple fault, on which a PC resets (SDM vol. 3, 6.15). */
_Noreturn void smp_triple_fault(void);

#endif
