#include "domain/vcpu/cpuid.h"

#include <stddef.h>

#include "domain/vcpu/bounce.h"
#include "domain/guest.h"
#include "log/string.h"

/* UD2, "xen", CPUID. */
static const uint8_t prefixed[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};

/* A leaf above the highest answers as the highest on some CPUs (SDM vol. 2, CPUID): not here. */
static struct cpuid_result ask_cpu(uint32_t leaf, uint32_t subleaf)
{
    uint32_t range = leaf & 0x80000000u;

    if (leaf > cpuid(range, 0).eax || (leaf & 0x7fff0000u))
        return (struct cpuid_result){0};
    return cpuid(leaf, subleaf);
}

bool cpuid_forced(struct vcpu *vcpu)
{
    struct trap_frame *frame = &vcpu->frame;
    uint32_t leaf = (uint32_t)frame->rax, subleaf = (uint32_t)frame->rcx;
    uint8_t code[sizeof(prefixed)];
    struct cpuid_result result;

    if (!guest_read(vcpu_space(vcpu), code, frame->rip, sizeof(code)) ||
        memcmp(code, prefixed, sizeof(code)) != 0)
        return false;
    result = cpuid_policy(leaf, subleaf, ask_cpu(leaf, subleaf), vcpu->id);
    frame->rax = result.eax;
    frame->rbx = result.ebx;
    frame->rcx = result.ecx;
    frame->rdx = result.edx;
    frame->rip += sizeof(code);
    frame->rflags &= ~RFLAGS_RF;
    return true;
}
