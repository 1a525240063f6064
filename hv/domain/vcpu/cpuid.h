/*
 * CPUID as a guest gets it that asks by Xen's forced-emulation prefix (xen.h, XEN_EMULATE_PREFIX): Xen's own
 * leaves, and of the CPU's those features that work for a guest here. A plain CPUID gives the CPU's own.
 */
#ifndef DOMAIN_CPUID_H
#define DOMAIN_CPUID_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/instructions.h"

struct vcpu;

/* What the guest is told, from what the CPU said of the same leaf. Pure. */
struct cpuid_result cpuid_policy(uint32_t leaf, uint32_t subleaf, struct cpuid_result native, uint32_t vcpu);

/* After #UD: true if it was the prefix before a CPUID, which is done now. */
bool cpuid_forced(struct vcpu *vcpu);

#endif
