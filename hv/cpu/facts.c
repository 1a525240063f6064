/* The thin part: each CPU asks itself. What the answers mean is in identify.c. */
#include "cpu/facts.h"

#include <stddef.h>

#include "cpu/identify.h"
#include "cpu/percpu.h"
#include "log/log.h"

#define MSR_SMI_COUNT 0x34u
#define CPUID_MTRR    (1u << 12) /* leaf 1, EDX */

/* entry_traps.asm */
bool rdmsr_try(uint32_t msr, uint64_t *out);

static struct mtrrs boot_mtrrs;
static char brand[BRAND_BYTES];

const struct cpu_facts *cpu_facts(unsigned cpu)
{
    const struct cpu *of = cpu_by_id(cpu);

    return of ? &of->facts : NULL;
}

const char *cpu_brand(void)
{
    return brand;
}

bool cpu_has_hypervisor(void)
{
    return cpuid_has_hypervisor(cpuid);
}

bool cpu_hypervisor(char out[HYPERVISOR_BYTES])
{
    return cpuid_hypervisor(cpuid, out);
}

/* Returns 0 where there is no such MSR, whatever CPUID said. */
static uint64_t ask_msr(uint32_t msr)
{
    uint64_t value = 0;

    rdmsr_try(msr, &value);
    return value;
}

/* Those of a virtual CPU decide nothing, and QEMU (to 7.2 at least) forgets them at INIT. */
static bool mtrrs_differ(bool boot_cpu)
{
    struct mtrrs own = {0};

    if ((cpuid(1, 0).edx & CPUID_MTRR) && !cpu_has_hypervisor())
        mtrrs_read(ask_msr, boot_cpu ? &boot_mtrrs : &own);
    return !boot_cpu && !mtrrs_same(&own, &boot_mtrrs);
}

void facts_refresh(void)
{
    struct cpu_facts *facts = &cpu_this()->facts;
    uint64_t count = 0;

    if (!facts->smi_counted)
        return;
    facts->smi_counted = rdmsr_try(MSR_SMI_COUNT, &count);
    facts->smi = (uint32_t)count; /* bits 31:0 (SDM vol. 4, table 2-2 onwards) */
}

void facts_init_cpu(void)
{
    struct cpu *cpu = cpu_this();

    identify(cpuid, &cpu->facts);
    cpu->facts.place = topology_place(cpuid);
    cpu->facts.mtrrs_differ = mtrrs_differ(cpu->area == 0);
    facts_refresh();
    if (cpu->area == 0)
        identify_brand(cpuid, brand);
}

struct cpuid_rates cpuid_rates(void)
{
    return identify_rates(cpuid);
}

/* How many CPUs have each; and the first with MTRRs that differ. */
struct counts {
    unsigned performance, efficient, arat, invariant, smi, mtrrs, first;
};

static void count(unsigned id, struct counts *counts)
{
    const struct cpu_facts *facts = cpu_facts(id);

    counts->performance += facts->core == CORE_PERFORMANCE;
    counts->efficient += facts->core == CORE_EFFICIENT;
    counts->arat += facts->arat;
    counts->invariant += facts->invariant_tsc;
    counts->smi += facts->smi_counted;
    if (facts->mtrrs_differ && counts->mtrrs++ == 0)
        counts->first = id;
}

static const struct cpu_place *place_of_cpu(unsigned id)
{
    return &cpu_facts(id)->place;
}

/* The others wait to be measured: nobody reads their facts. */
static void report_topology(unsigned cpus)
{
    struct topology t = topology_of(place_of_cpu, cpus);

    if (!t.from) {
        log_print("cpu: CPUID does not tell sockets, or CPUs contradict one another in it: all count as one\n"
                  "@topology from=unknown\n");
        for (unsigned id = 0; id < cpus; id++)
            cpu_by_id(id)->facts.place = (struct cpu_place){0};
        return;
    }
    log_print("@topology from=%s sockets=%u dies=%u cores=%u cpus=%u\n", t.from, t.sockets, t.dies, t.cores,
              cpus);
}

void facts_report(void)
{
    struct counts counts = {0};
    unsigned cpus = cpu_count();

    for (unsigned id = 0; id < cpus; id++)
        count(id, &counts);
    if (counts.arat < cpus)
        log_print("cpu: no ARAT on %u CPUs: alarms may stop in HLT, so they idle by spinning\n",
                  cpus - counts.arat);
    if (counts.mtrrs)
        log_print("cpu: MTRRs of %u CPUs differ from the boot CPU's, CPU%u's first: update the firmware\n",
                  counts.mtrrs, counts.first);
    log_print(
        "@facts cpus=%u p_cores=%u e_cores=%u arat=%u invariant_tsc=%u smi_counted=%u mtrrs_differ=%u\n",
        cpus, counts.performance, counts.efficient, counts.arat, counts.invariant, counts.smi, counts.mtrrs);
    report_topology(cpus);
}
