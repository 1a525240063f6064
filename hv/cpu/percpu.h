/* What every CPU keeps for itself; found through GS while the hypervisor runs. */
#ifndef CPU_PERCPU_H
#define CPU_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/facts.h"

#define MAX_CPUS 256

struct trap_frame;
struct tss;

/* entry_traps.asm knows the offsets of the first members; percpu.c asserts them. */
struct cpu {
    struct cpu *self;               /* 0 */
    uint64_t stack_top;             /* 8: where handlers of traps from the guest run */
    struct trap_frame *guest_frame; /* 16: where the next trap from CPL 3 is saved */
    uint64_t scratch;               /* 24: SYSCALL entry's only spare place */
    uint32_t id;                    /* 32: 0 is the boot CPU; dense over CPUs that came up */
    uint32_t apic_id;               /* 36 */
    struct tss *tss;                /* 40 */
    bool online;
    struct cpu_facts facts; /* its own to write */

    /* This room's own. */
    uint32_t area; /* which area is its own (cpu_area.h); its id may be lower, where another was left out */
    uint32_t start_state;    /* enum start_state (cpu_start.h) */
    uint32_t alive;          /* it has its NMI stack */
    uint32_t stopped;        /* it halted for a panic, or for good */
    uint64_t nmis, spurious; /* counted and ignored */
    uint64_t interrupts;     /* taken, all of them */
};

static inline struct cpu *cpu_this(void)
{
    struct cpu *cpu;

    __asm__("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

static inline unsigned cpu_id(void)
{
    return cpu_this()->id;
}

/* CPUs that are online have the ids 0..cpu_count()-1. */
unsigned cpu_count(void);
/* Returns NULL if there is no such CPU. */
struct cpu *cpu_by_id(unsigned id);

/* For this room: the CPU that has the area, 0..MAX_CPUS-1, online or not; NULL beyond. */
struct cpu *cpu_by_area(unsigned area);
/* Gives `cpu` the next id. On the boot CPU only, while `cpu` waits. */
void cpu_add_online(struct cpu *cpu);

#endif
