/*
 * In the place of cpu/instructions.h and cpu/percpu.h, for tests of what a CPU's own timer does (compile with
 * -include): which CPU this is, its TSC, its CPUID and its MSRs are the test's.
 */
#ifndef FAKE_TIMER_CPU_H
#define FAKE_TIMER_CPU_H

#define CPU_INSTRUCTIONS_H
#define CPU_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t rdtsc_ordered(void);
void wrmsr(uint32_t msr, uint64_t value);
void cpu_fence_all(void);
unsigned cpu_id(void);

static inline void cpu_relax(void)
{
}

#endif
