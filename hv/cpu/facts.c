/* The thin part: each CPU asks itself. What the answers mean is in identify.c and mtrr.c. */
#include "cpu/facts.h"

#include <stddef.h>

#include "cpu/identify.h"
#include "cpu/mtrr.h"
#include "cpu/percpu.h"
#include "log/log.h"

#define MSR_SMI_COUNT    0x34u
#define CPUID_MTRR       (1u << 12) /* leaf 1, EDX */
#define CPUID_HYPERVISOR (1u << 31) /* leaf 1, ECX */

/* try.asm */
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

static struct cpuid_result ask(uint32_t leaf, uint32_t subleaf)
{
    return cpuid(leaf, subleaf);
}

static uint64_t ask_msr(uint32_t msr)
{
    return rdmsr(msr);
}

/* A virtual CPU's decide nothing, and QEMU (to 7.2 at least) forgets them at INIT. */
static bool mtrrs_differ(bool boot_cpu)
{
    struct mtrrs own = {0};
    struct cpuid_result id = cpuid(1, 0);

    if ((id.edx & CPUID_MTRR) && !(id.ecx & CPUID_HYPERVISOR))
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

    identify(ask, &cpu->facts);
    cpu->facts.mtrrs_differ = mtrrs_differ(cpu->slot == 0);
    facts_refresh();
    if (cpu->slot == 0)
        identify_brand(ask, brand);
}

struct cpuid_rates cpuid_rates(void)
{
    return identify_rates(ask);
}

/* How many CPUs `has` of, and the first of them. */
static unsigned count_cpus(bool (*has)(const struct cpu_facts *facts), unsigned *first)
{
    unsigned count = 0;

    for (unsigned id = cpu_count(); id-- > 0;) {
        if (has(cpu_facts(id))) {
            count++;
            *first = id;
        }
    }
    return count;
}

static bool no_arat(const struct cpu_facts *facts)
{
    return !facts->arat;
}

static bool other_mtrrs(const struct cpu_facts *facts)
{
    return facts->mtrrs_differ;
}

void facts_report(void)
{
    unsigned first = 0, count = count_cpus(no_arat, &first);

    if (count)
        log_print("cpu: no ARAT on %u CPUs: alarms may stop in HLT, so they idle by spinning\n", count);
    count = count_cpus(other_mtrrs, &first);
    if (count)
        log_print("cpu: MTRRs of %u CPUs differ from the boot CPU's, CPU%u's first: update the firmware\n",
                  count, first);
}
