/*
 * In the place of cpu/instructions.h, cpu/percpu.h and cpu/lock.h, for a simulation of all CPUs in one thread
 * (compile with -include): which CPU this is, its TSC and how time passes are the test's.
 */
#ifndef SIM_CPU_H
#define SIM_CPU_H

#define CPU_INSTRUCTIONS_H
#define CPU_PERCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t rdtsc_ordered(void);
uint64_t rdtsc_after_stores(void);
void cpu_relax(void);
unsigned cpu_id(void);
unsigned cpu_count(void);

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

#include "cpu/facts.h"

struct cpu {
    uint32_t apic_id;
    struct cpu_facts facts;
};
struct cpu *cpu_by_id(unsigned id);

#ifdef SIM_CPU_ASKED /* what it can do is the test's too */
struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t rdmsr(uint32_t msr);
#else
static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)leaf, (void)subleaf;
    return (struct cpuid_result){0};
}
#endif

#endif
