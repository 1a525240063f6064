/*
 * CPUID for a guest that asks by Xen's forced-emulation prefix (xen.h, XEN_EMULATE_PREFIX): it gets Xen's own
 * leaves, and those of the CPU's features that work for a guest here. A plain CPUID gives the CPU's own
 * answer.
 */
#ifndef DOMAIN_CPUID_H
#define DOMAIN_CPUID_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/instructions.h"

struct vcpu;

/* Returns what the guest is told. `native` is the CPU's own answer for the same leaf. Pure. */
struct cpuid_result cpuid_policy(uint32_t leaf, uint32_t subleaf, struct cpuid_result native, uint32_t vcpu);

/* After #UD: does the CPUID if the prefix stands before it. Returns false if it was anything else. */
bool cpuid_forced(struct vcpu *vcpu);

#endif
