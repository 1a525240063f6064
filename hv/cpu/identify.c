/* Leaves and bits: SDM vol. 2, CPUID; AMD64 APM vol. 3, appendix E. */
#include "cpu/identify.h"

#include "log/string.h"

#define LEAF_POWER    6u
#define LEAF_FEATURES 7u
#define LEAF_CRYSTAL  0x15u
#define LEAF_RATE     0x16u
#define LEAF_HYBRID   0x1au
#define LEAF_EXTENDED 0x80000000u
#define LEAF_BRAND    0x80000002u
#define LEAF_TSC      0x80000007u

#define CPUID_HYPERVISOR    (1u << 31) /* leaf 1, ECX */
#define CPUID_ARAT          (1u << 2)  /* leaf 6, EAX */
#define CPUID_TSC_ADJUST    (1u << 1)  /* leaf 7, EBX */
#define CPUID_HYBRID        (1u << 15) /* leaf 7, EDX */
#define CPUID_INVARIANT_TSC (1u << 8)  /* leaf 80000007h, EDX */

#define CORE_ATOM 0x20u /* leaf 1Ah, EAX[31:24] */
#define CORE_CORE 0x40u

#define AMD_ALARMS_GO_ON 0x12u /* the first family without C1E's trap, in which the APIC's timer stops */

/* 40000000h: EBX, ECX and EDX, where a hypervisor names itself. */
#define LEAF_HYPERVISOR 0x40000000u

bool cpuid_has_leaf(cpuid_reader read, uint32_t leaf)
{
    uint32_t last = read(leaf & LEAF_EXTENDED, 0).eax;

    return last >= leaf && (last & LEAF_EXTENDED) == (leaf & LEAF_EXTENDED);
}

static struct cpuid_result leaf_of(cpuid_reader read, uint32_t leaf)
{
    return cpuid_has_leaf(read, leaf) ? read(leaf, 0) : (struct cpuid_result){0};
}

static bool is_intel(cpuid_reader read)
{
    struct cpuid_result r = read(0, 0);

    return r.ebx == 0x756e6547u && r.edx == 0x49656e69u && r.ecx == 0x6c65746eu; /* GenuineIntel */
}

bool cpuid_is_amd(cpuid_reader read)
{
    struct cpuid_result r = read(0, 0);

    return (r.ebx == 0x68747541u && r.edx == 0x69746e65u && r.ecx == 0x444d4163u) || /* AuthenticAMD */
           (r.ebx == 0x6f677948u && r.edx == 0x6e65476eu && r.ecx == 0x656e6975u);   /* HygonGenuine */
}

unsigned cpuid_family(cpuid_reader read)
{
    uint32_t eax = read(1, 0).eax, base = eax >> 8 & 15;

    return base == 15 ? base + (eax >> 20 & 255) : base;
}

bool cpuid_has_hypervisor(cpuid_reader read)
{
    return read(1, 0).ecx & CPUID_HYPERVISOR;
}

bool cpuid_hypervisor(cpuid_reader read, char out[HYPERVISOR_BYTES])
{
    struct cpuid_result r = read(LEAF_HYPERVISOR, 0);
    const uint32_t words[] = {r.ebx, r.ecx, r.edx};

    memcpy(out, words, HYPERVISOR_BYTES);
    return cpuid_has_hypervisor(read);
}

static enum core_type core_of(cpuid_reader read)
{
    if (!(leaf_of(read, LEAF_FEATURES).edx & CPUID_HYBRID))
        return CORE_PLAIN;
    switch (leaf_of(read, LEAF_HYBRID).eax >> 24) {
    case CORE_ATOM: return CORE_EFFICIENT;
    case CORE_CORE: return CORE_PERFORMANCE;
    default: return CORE_PLAIN;
    }
}

/*
 * A hypervisor's virtual timer goes on whatever its guest's idle is. AMD's CPUs have had it before the bit
 * said so.
 */
static bool alarms_go_on(cpuid_reader read)
{
    return (leaf_of(read, LEAF_POWER).eax & CPUID_ARAT) || cpuid_has_hypervisor(read) ||
           (cpuid_is_amd(read) && cpuid_family(read) >= AMD_ALARMS_GO_ON);
}

void identify(cpuid_reader read, struct cpu_facts *out)
{
    *out = (struct cpu_facts){
        .core = core_of(read),
        .arat = alarms_go_on(read),
        .invariant_tsc = leaf_of(read, LEAF_TSC).edx & CPUID_INVARIANT_TSC,
        .tsc_adjust = leaf_of(read, LEAF_FEATURES).ebx & CPUID_TSC_ADJUST,
        .smi_counted = is_intel(read) && cpuid_family(read) == 6 && !cpuid_has_hypervisor(read),
    };
}

/* Makers pad in front, behind and between: blanks at the ends go, and of others one is kept. */
static void trim(char text[BRAND_BYTES])
{
    unsigned to = 0;

    for (unsigned from = 0; text[from]; from++)
        if (text[from] != ' ' || (to && text[to - 1] != ' '))
            text[to++] = text[from];
    if (to && text[to - 1] == ' ')
        to--;
    text[to] = 0;
}

void identify_brand(cpuid_reader read, char out[BRAND_BYTES])
{
    static const char unknown[] = "unknown";

    for (unsigned i = 0; i < BRAND_BYTES - 1; i++) {
        struct cpuid_result r = leaf_of(read, LEAF_BRAND + i / 16);
        uint32_t word = i % 16 < 4 ? r.eax : i % 16 < 8 ? r.ebx : i % 16 < 12 ? r.ecx : r.edx;
        uint8_t c = (uint8_t)(word >> i % 4 * 8);

        out[i] = c == 0 || (c >= ' ' && c < 127) ? (char)c : ' ';
    }
    out[BRAND_BYTES - 1] = 0;
    trim(out);
    if (!out[0])
        memcpy(out, unknown, sizeof unknown);
}

/* 15h: TSC = ECX * EBX / EAX, any of them 0 where it is not said; 16h: EAX[15:0] MHz. */
struct cpuid_rates identify_rates(cpuid_reader read)
{
    struct cpuid_result ratio = leaf_of(read, LEAF_CRYSTAL), rate = leaf_of(read, LEAF_RATE);

    return (struct cpuid_rates){
        .leaf_15h = ratio.eax ? (uint64_t)ratio.ecx * ratio.ebx / ratio.eax : 0,
        .leaf_16h = (rate.eax & 0xffff) * 1000000ull,
        .art_numerator = ratio.eax ? ratio.ebx : 0,
        .art_denominator = ratio.eax,
        .crystal_hz = ratio.ecx,
    };
}

const char *core_word(enum core_type core)
{
    return core == CORE_PERFORMANCE ? "P" : core == CORE_EFFICIENT ? "E" : "-";
}

/* MTRRs: SDM vol. 3, 11.11. */
#define MSR_CAP          0xfeu
#define MSR_PAIRS        0x200u
#define MSR_DEFAULT_TYPE 0x2ffu

#define CAP_COUNT       0xffu
#define CAP_FIXED       (1u << 8)
#define DEFAULT_FIXED   (1u << 10)
#define DEFAULT_ENABLED (1u << 11)
#define MASK_VALID      (1u << 11)

static const uint32_t fixed_msrs[MTRR_FIXED] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
                                                0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

static void read_pairs(uint64_t (*read)(uint32_t msr), unsigned count, struct mtrrs *out)
{
    for (unsigned i = 0; i < count && i < MTRR_PAIRS; i++) {
        uint64_t mask = read(MSR_PAIRS + 2 * i + 1);

        if (!(mask & MASK_VALID))
            continue;
        out->pairs[i].base = read(MSR_PAIRS + 2 * i);
        out->pairs[i].mask = mask;
    }
}

void mtrrs_read(uint64_t (*read)(uint32_t msr), struct mtrrs *out)
{
    uint64_t cap = read(MSR_CAP);

    memset(out, 0, sizeof *out);
    out->default_type = read(MSR_DEFAULT_TYPE);
    if (!(out->default_type & DEFAULT_ENABLED)) {
        out->default_type = 0; /* all memory is uncached, whatever the rest says */
        return;
    }
    for (unsigned i = 0; i < MTRR_FIXED && (cap & CAP_FIXED) && (out->default_type & DEFAULT_FIXED); i++)
        out->fixed[i] = read(fixed_msrs[i]);
    read_pairs(read, cap & CAP_COUNT, out);
}

bool mtrrs_same(const struct mtrrs *a, const struct mtrrs *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}
