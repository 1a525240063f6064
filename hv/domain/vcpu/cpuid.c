#include "domain/vcpu/cpuid.h"

#include <stddef.h>
#include <xen/arch-x86/cpuid.h>

#include "domain/vcpu/vcpu.h"
#include "log/string.h"

#define BIT(n) (1u << (n))

#define BASIC_LAST     7u
#define EXTENDED_FIRST 0x80000000u
#define EXTENDED_LAST  0x80000008u
#define XEN_LEAVES     0x100u
/*
 * The version, and one more leaf, which says that no MSR writes hypercall pages: stock kernels take only what
 * has at least two leaves above the first for a hypervisor.
 */
#define XEN_LAST      (XEN_CPUID_FIRST_LEAF + 2)
#define XEN_4_17      (4u << 16 | 17u)
#define INVARIANT_TSC BIT(8)
#define HYPERVISOR    BIT(31)

/*
 * The features that work for a guest. They need no CPL 0, no device (APIC, MTRR), and no control register
 * bit that is off here (control.c: no XSAVE, so no AVX; no FSGSBASE). SDM vol. 2, CPUID; AMD64 vol. 3,
 * appendix E.
 */
#define LEAF1_ECX \
    (BIT(0) | BIT(1) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(22) | BIT(23) | BIT(25) | BIT(30))
#define LEAF1_EDX                                                                                   \
    (BIT(0) | BIT(4) | BIT(5) | BIT(6) | BIT(8) | BIT(15) | BIT(16) | BIT(19) | BIT(23) | BIT(24) | \
     BIT(25) | BIT(26))
#define LEAF7_EBX (BIT(3) | BIT(8) | BIT(9) | BIT(18) | BIT(19) | BIT(23) | BIT(24) | BIT(29))
#define LEAF7_ECX BIT(0)
#define LEAF7_EDX BIT(4)
/* AMD repeats leaf 1's in the lower bits. */
#define EXTENDED_ECX (BIT(0) | BIT(5) | BIT(6) | BIT(7) | BIT(8))
#define EXTENDED_EDX                                                                                \
    (BIT(0) | BIT(4) | BIT(5) | BIT(6) | BIT(8) | BIT(11) | BIT(15) | BIT(16) | BIT(20) | BIT(22) | \
     BIT(23) | BIT(24) | BIT(27) | BIT(29))

static const struct cpuid_result no_answer;

static uint32_t lower_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct cpuid_result xen_leaf(uint32_t leaf)
{
    if (leaf == XEN_CPUID_FIRST_LEAF)
        return (struct cpuid_result){XEN_LAST, XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX,
                                     XEN_CPUID_SIGNATURE_EDX};
    if (leaf == XEN_CPUID_FIRST_LEAF + 1)
        return (struct cpuid_result){.eax = XEN_4_17};
    return no_answer;
}

/* A VCPU's APIC id is twice its number, as on Xen. */
static struct cpuid_result leaf_1(struct cpuid_result r, uint32_t vcpu)
{
    r.ebx = (r.ebx & 0xffff) | vcpu * 2 << 24;
    r.ecx = (r.ecx & LEAF1_ECX) | HYPERVISOR;
    r.edx &= LEAF1_EDX;
    return r;
}

static struct cpuid_result basic_leaf(uint32_t leaf, uint32_t subleaf, struct cpuid_result r, uint32_t vcpu)
{
    switch (leaf) {
    case 0: r.eax = lower_of(r.eax, BASIC_LAST); return r;
    case 1: return leaf_1(r, vcpu);
    case 2: /* caches */
    case 4: return r;
    case 7:
        if (subleaf)
            return no_answer;
        return (struct cpuid_result){0, r.ebx & LEAF7_EBX, r.ecx & LEAF7_ECX, r.edx & LEAF7_EDX};
    default: return no_answer;
    }
}

static struct cpuid_result extended_leaf(uint32_t leaf, struct cpuid_result r)
{
    switch (leaf) {
    case EXTENDED_FIRST: r.eax = lower_of(r.eax, EXTENDED_LAST); return r;
    case 0x80000001u:
        r.ecx &= EXTENDED_ECX;
        r.edx &= EXTENDED_EDX;
        return r;
    case 0x80000002u: /* the CPU's name, and its caches */
    case 0x80000003u:
    case 0x80000004u:
    case 0x80000005u:
    case 0x80000006u: return r;
    case 0x80000007u: return (struct cpuid_result){.edx = r.edx & INVARIANT_TSC};
    case 0x80000008u: return (struct cpuid_result){.eax = r.eax};
    default: return no_answer;
    }
}

struct cpuid_result cpuid_policy(uint32_t leaf, uint32_t subleaf, struct cpuid_result native, uint32_t vcpu)
{
    if (leaf - XEN_CPUID_FIRST_LEAF < XEN_LEAVES)
        return xen_leaf(leaf);
    if (leaf < EXTENDED_FIRST)
        return basic_leaf(leaf, subleaf, native, vcpu);
    return extended_leaf(leaf, native);
}

/* UD2, "xen", CPUID. */
static const uint8_t prefixed[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};

/* Above the highest leaf some CPUs answer as for the highest one (SDM vol. 2, CPUID). Here it is all 0. */
static struct cpuid_result cpuid_native(uint32_t leaf, uint32_t subleaf)
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
    uint8_t code[sizeof prefixed];
    struct cpuid_result result;

    if (!guest_read(vcpu_space(vcpu), code, frame->rip, sizeof code) ||
        memcmp(code, prefixed, sizeof code) != 0)
        return false;
    result = cpuid_policy(leaf, subleaf, cpuid_native(leaf, subleaf), vcpu->id);
    frame->rax = result.eax;
    frame->rbx = result.ebx;
    frame->rcx = result.ecx;
    frame->rdx = result.edx;
    frame->rip += sizeof code;
    frame->rflags &= ~RFLAGS_RF;
    return true;
}
