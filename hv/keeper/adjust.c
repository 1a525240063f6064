/*
 * IA32_TSC_ADJUST (SDM vol. 3, 17.17.3): who wrote to the TSC of this CPU, and how much. Never written
 * here.
 */
#include "cpu/instructions.h"
#include "keeper/state.h"

#define MSR_TSC_ADJUST   0x3bu
#define CPUID_TSC_ADJUST (1u << 1) /* leaf 7, EBX */

bool adjust_now(uint64_t *adjust)
{
    if (cpuid(0, 0).eax < 7 || !(cpuid(7, 0).ebx & CPUID_TSC_ADJUST))
        return false;
    *adjust = rdmsr(MSR_TSC_ADJUST);
    return true;
}

bool adjust_read(struct cpu_clock *clock)
{
    uint64_t before = clock->adjust;

    return adjust_now(&clock->adjust) && clock->adjust != before;
}
