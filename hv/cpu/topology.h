/* Where a CPU sits: socket, die, core and thread, by CPUID. Pure: the caller hands over the instruction. */
#ifndef CPU_TOPOLOGY_H
#define CPU_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/instructions.h"

/* Numbers are pieces of the APIC id: they may have gaps, and are those that Linux shows. */
struct cpu_place {
    const char *from; /* the CPUID leaf that told it; NULL: none did, and the rest means nothing */
    uint32_t apic_id; /* as CPUID says it */
    uint32_t socket;
    uint32_t die;                   /* within its socket */
    uint32_t core;                  /* within its socket, whatever the die */
    uint32_t thread;                /* within its core */
    uint8_t thread_bits, socket_at; /* the thread is below bit thread_bits, the socket from socket_at on */
};

/* Takes the first leaf that makes sense: 1Fh, 0Bh, AMD's 80000008h with 8000001Eh, then 4 with 1. */
struct cpu_place topology_place(struct cpuid_result (*read)(uint32_t leaf, uint32_t subleaf));

struct topology {
    const char *from; /* the boot CPU's leaf; NULL: nothing is known */
    unsigned sockets, dies, cores;
};

/*
 * Counts what there is. Nothing is known where a CPU's place is not, where CPUs cut APIC ids in different
 * ways, or where two say that they are the same one. `place` returns that of a CPU below `cpus`.
 */
struct topology topology_of(const struct cpu_place *(*place)(unsigned cpu), unsigned cpus);

#endif
