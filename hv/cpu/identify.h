/* What CPUID and MTRRs say of a CPU. Pure: the caller hands over the instructions. */
#ifndef CPU_IDENTIFY_H
#define CPU_IDENTIFY_H

#include "cpu/facts.h"
#include "cpu/instructions.h"

typedef struct cpuid_result (*cpuid_reader)(uint32_t leaf, uint32_t subleaf);

/* Returns true if CPUID has that leaf: beyond the last one, CPUs answer with another's data. */
bool cpuid_has_leaf(cpuid_reader read, uint32_t leaf);
/* AMD's, or Hygon's of the same make. */
bool cpuid_is_amd(cpuid_reader read);
unsigned cpuid_family(cpuid_reader read);
/* Returns true if this is a hypervisor's virtual CPU and CPUID does not hide it. */
bool cpuid_has_hypervisor(cpuid_reader read);
/* Writes by which 12 bytes the hypervisor names itself, without a zero; returns false if there is none. */
bool cpuid_hypervisor(cpuid_reader read, char out[HYPERVISOR_BYTES]);

#define BRAND_BYTES 49u /* leaves 80000002h to 80000004h, and a zero */

/*
 * Fills in all but the SMI count and the MTRRs. smi_counted: the count may be asked for (Intel's own CPUs).
 */
void identify(cpuid_reader read, struct cpu_facts *out);
void identify_brand(cpuid_reader read, char out[BRAND_BYTES]);
struct cpuid_rates identify_rates(cpuid_reader read);

/* Which memory is cached how, as firmware told each CPU (SDM vol. 3, 11.11). */
#define MTRR_FIXED 11u
/* What there is room for from MSR 200h on, before other ones begin; CPUs have 8 to 10. */
#define MTRR_PAIRS 16u

/* What is in force; what is switched off, or not there, is 0. */
struct mtrrs {
    uint64_t default_type;
    uint64_t fixed[MTRR_FIXED];
    struct {
        uint64_t base, mask;
    } pairs[MTRR_PAIRS];
};

/* `read` reads an MSR of this CPU. Only where CPUID says that there are MTRRs. */
void mtrrs_read(uint64_t (*read)(uint32_t msr), struct mtrrs *out);
bool mtrrs_same(const struct mtrrs *a, const struct mtrrs *b);

#endif
