#include "check/evidence.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "log/string.h"

#define CPUID_HYPERVISOR (1u << 31) /* leaf 1, ECX */
#define CPUID_INVARIANT  (1u << 8)  /* leaf 80000007h, EDX */

static void gather_cpuid(struct evidence *e)
{
    e->hypervisor = cpuid(1, 0).ecx & CPUID_HYPERVISOR;
    e->invariant = cpuid(0x80000000u, 0).eax >= 0x80000007u && cpuid(0x80000007u, 0).edx & CPUID_INVARIANT;
}

void evidence_gather(struct judge_cpu *cpus, uint32_t watched_s, struct evidence *evidence)
{
    struct keeper_summary summary;
    unsigned count = cpu_count();

    keeper_summary(&summary);
    *evidence = (struct evidence){
        .cpus = cpus,
        .count = count,
        .watched_s = watched_s,
        .source = summary.source,
        .percpu = strcmp(summary.mode, "percpu") == 0,
        .percpu_asked = summary.percpu_asked,
        .apart = summary.apart,
        .disruptions = summary.disruptions,
        .wander_ppb_s = summary.wander_ppb_s,
    };
    gather_cpuid(evidence);
    for (unsigned cpu = 0; cpu < count; cpu++) {
        keeper_cpu_view(cpu, &cpus[cpu].seen);
        cpus[cpu].idle = keeper_idle_trial(cpu);
    }
}
