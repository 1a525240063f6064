/* CPUID to facts. Pure: whoever asks hands over the instruction. */
#ifndef CPU_IDENTIFY_H
#define CPU_IDENTIFY_H

#include "cpu/facts.h"
#include "cpu/instructions.h"

typedef struct cpuid_result (*cpuid_reader)(uint32_t leaf, uint32_t subleaf);

#define BRAND_BYTES 49u /* leaves 80000002h to 80000004h, and a zero */

/* A CPU's facts but its SMI count and its MTRRs; smi_counted: the count may be asked for (Intel's own). */
void identify(cpuid_reader read, struct cpu_facts *out);
void identify_brand(cpuid_reader read, char out[BRAND_BYTES]);
struct cpuid_rates identify_rates(cpuid_reader read);

#endif
