/* What each CPU says of itself, as far as it matters to its clock. */
#ifndef CPU_FACTS_H
#define CPU_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/topology.h"

enum core_type { CORE_PLAIN, CORE_PERFORMANCE, CORE_EFFICIENT };

struct cpu_facts {
    enum core_type core;
    bool arat;              /* its APIC's timer goes on in deep idle */
    bool invariant_tsc;     /* claimed: a constant rate in every idle and power state; shown, not trusted */
    bool tsc_adjust;        /* there is IA32_TSC_ADJUST */
    bool smi_counted;       /* whether `smi` means anything */
    uint32_t smi;           /* SMIs since its reset, as it last read them itself */
    bool mtrrs_differ;      /* from the boot CPU's */
    struct cpu_place place; /* the boot CPU takes it away again where CPUs contradict one another */
};

/* Returns the facts of a CPU, whole once it is online; NULL: there is no such CPU. */
const struct cpu_facts *cpu_facts(unsigned cpu);
/* Returns "P", "E" or "-". */
const char *core_word(enum core_type core);
/* Returns the boot CPU's name for itself, without the blanks around it; "unknown" where it has none. */
const char *cpu_brand(void);

/* Returns true if a hypervisor runs below us, as CPUID says. */
bool cpu_has_hypervisor(void);
#define HYPERVISOR_BYTES 12u
/* Writes the bytes by which it names itself, without a zero at the end; returns false if there is none. */
bool cpu_hypervisor(char out[HYPERVISOR_BYTES]);

/*
 * What CPUID says of this CPU's TSC, Hz; 0 where it says nothing. To compare only: it may be off, or made
 * up.
 */
struct cpuid_rates {
    uint64_t leaf_15h; /* crystal by ratio: the TSC's own rate */
    uint64_t leaf_16h; /* the base frequency, in whole MHz: up to 1 % off */
    /* ART, the crystal's own counter: TSC = ART x numerator / denominator; a numerator of 0: not told */
    uint32_t art_numerator, art_denominator, crystal_hz;
};
struct cpuid_rates cpuid_rates(void);

/* Fills in this CPU's facts, as it starts; on the boot CPU first of all. */
void facts_init_cpu(void);
/* Reads this CPU's SMI count again. */
void facts_refresh(void);
/*
 * On the boot CPU, once all are online: says how many CPUs are of each kind (@facts), where they sit
 * (@topology), and what is unusual about some.
 */
void facts_report(void);

#endif
