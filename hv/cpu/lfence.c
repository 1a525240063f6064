/*
 * A clock's reader keeps RDTSC behind its earlier loads by LFENCE. Intel's waits for them by architecture
 * (SDM vol. 2, LFENCE); AMD's does if bit 1 of MSR C001_1029h is set, or where CPUID 80000021h says that it
 * always does (AMD64 APM vol. 3, LFENCE). Families before 10h and 11h have no such MSR and always wait.
 */
#include "cpu/lfence.h"

#include <stdbool.h>

#include "cpu/instructions.h"

#define MSR_DE_CFG              0xc0011029u
#define DE_CFG_LFENCE_SERIALISE (1u << 1)
#define LFENCE_ALWAYS           (1u << 2)
#define CPUID_HYPERVISOR        (1u << 31)

static bool is_amd(void)
{
    struct cpuid_result r = cpuid(0, 0);

    return (r.ebx == 0x68747541u && r.edx == 0x69746e65u && r.ecx == 0x444d4163u) || /* AuthenticAMD */
           (r.ebx == 0x6f677948u && r.edx == 0x6e65476eu && r.ecx == 0x656e6975u);   /* HygonGenuine */
}

static unsigned family(void)
{
    uint32_t eax = cpuid(1, 0).eax, base = eax >> 8 & 15;

    return base == 15 ? base + (eax >> 20 & 255) : base;
}

static bool always_serialises(void)
{
    return cpuid(0x80000000u, 0).eax >= 0x80000021u && (cpuid(0x80000021u, 0).eax & LFENCE_ALWAYS);
}

/* Under a hypervisor the MSR is its business: it may not even be there. */
void lfence_init_cpu(void)
{
    if (!is_amd() || family() < 0x10 || family() == 0x11)
        return;
    if (always_serialises() || (cpuid(1, 0).ecx & CPUID_HYPERVISOR))
        return;
    wrmsr(MSR_DE_CFG, rdmsr(MSR_DE_CFG) | DE_CFG_LFENCE_SERIALISE);
}
