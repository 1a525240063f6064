/* sources: hv/cpu/identify.c */
/* CPUID as real CPUs answer it: from the dumps of users.atw.hu/instlatx64 and of this project's emulators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/identify.h"

struct leaf {
    uint32_t number;
    struct cpuid_result is;
};

#define INTEL(last)                                  \
    {                                                \
        0,                                           \
        {                                            \
            last, 0x756e6547, 0x6c65746e, 0x49656e69 \
        }                                            \
    }
#define AMD(last)                                    \
    {                                                \
        0,                                           \
        {                                            \
            last, 0x68747541, 0x444d4163, 0x69746e65 \
        }                                            \
    }
#define BRAND(a, b, c, d) \
    {                     \
        0x80000002,       \
        {                 \
            a, b, c, d    \
        }                 \
    }
#define BRAND_2(a, b, c, d) \
    {                       \
        0x80000003,         \
        {                   \
            a, b, c, d      \
        }                   \
    }
#define BRAND_3(a, b, c, d) \
    {                       \
        0x80000004,         \
        {                   \
            a, b, c, d      \
        }                   \
    }
#define INVARIANT(edx)   \
    {                    \
        0x80000007,      \
        {                \
            0, 0, 0, edx \
        }                \
    }
#define ALDER_LAKE_BRAND                                   \
    BRAND(0x68743231, 0x6e654720, 0x746e4920, 0x52286c65), \
        BRAND_2(0x6f432029, 0x54286572, 0x6920294d, 0x32312d39), BRAND_3(0x4b303039, 0, 0, 0)

static const struct leaf alder_lake_p[] = {
    INTEL(0x20),
    {1, {0x00090672, 0x00800800, 0x7ffafbff, 0xbfebfbff}},
    {6, {0x00dfcff5, 2, 0x409, 3}},
    {7, {1, 0x239ca7eb, 0x98c027ac, 0xfc1cc410}},
    {0x15, {2, 0xa6, 0x0249f000, 0}},
    {0x16, {0xc80, 0x1450, 0x64, 0}},
    {0x1a, {0x40000001, 0, 0, 0}},
    {0x80000000, {0x80000008, 0, 0, 0}},
    ALDER_LAKE_BRAND,
    INVARIANT(0x100),
    {0},
};
static const struct leaf alder_lake_e[] = {
    INTEL(0x20),
    {1, {0x00090672, 0x4e800800, 0x7ffafbff, 0xbfebfbff}},
    {6, {0x00dfcff5, 2, 0x409, 0x90003}},
    {7, {1, 0x239ca7eb, 0x98c027ac, 0xfc1cc410}},
    {0x15, {2, 0xa6, 0x0249f000, 0}},
    {0x16, {0xc80, 0xf3c, 0x64, 0}},
    {0x1a, {0x20000001, 0, 0, 0}},
    {0x80000000, {0x80000008, 0, 0, 0}},
    ALDER_LAKE_BRAND,
    INVARIANT(0x100),
    {0},
};
/* Core i7 of 2008, an early stepping: an invariant TSC, no ARAT. */
static const struct leaf nehalem[] = {
    INTEL(0xb),
    {1, {0x000106a4, 0x00100800, 0x0098e3bd, 0xbfebfbff}},
    {6, {3, 2, 1, 0}},
    {0x80000000, {0x80000008, 0, 0, 0}},
    BRAND(0x756e6547, 0x20656e69, 0x65746e49, 0x2952286c),
    BRAND_2(0x55504320, 0x20202020, 0x20202020, 0x20202020),
    BRAND_3(0x30303020, 0x20402020, 0x30322e33, 0x007a4847),
    INVARIANT(0x100),
    {0},
};
/* Core 2 of 2008: no invariant TSC at all. */
static const struct leaf yorkfield[] = {
    INTEL(0xa),
    {1, {0x00010676, 0x00040800, 0x0008e3bd, 0xbfebfbff}},
    {6, {1, 2, 1, 0}},
    {0x80000000, {0x80000008, 0, 0, 0}},
    BRAND(0x65746e49, 0x2952286c, 0x726f4320, 0x4d542865),
    BRAND_2(0x45203229, 0x65727478, 0x4320656d, 0x58205550),
    BRAND_3(0x30353639, 0x20402020, 0x30302e33, 0x007a4847),
    {0},
};
static const struct leaf skylake[] = {
    INTEL(0x16),
    {1, {0x000506e3, 0x00100800, 0x7ffafbbf, 0xbfebfbff}},
    {6, {0x27f5, 2, 9, 0}},
    {7, {0, 0x029c6fbf, 0, 0x9c002400}},
    {0x15, {2, 0x14e, 0, 0}}, /* no crystal */
    {0x16, {0xfa0, 0x1068, 0x64, 0}},
    {0x80000000, {0x80000008, 0, 0, 0}},
    INVARIANT(0x100),
    {0},
};
static const struct leaf bay_trail[] = {
    INTEL(0xb),
    {1, {0x00030678, 0x00100800, 0x43d8e3bf, 0xbfebfbff}},
    {6, {7, 2, 9, 0}},
    {7, {0, 0x2282, 0, 0}},
    {0x80000000, {0x80000008, 0, 0, 0}},
    BRAND(0x20202020, 0x20202020, 0x65746e49, 0x2952286c),
    BRAND_2(0x6f744120, 0x4d54286d, 0x50432029, 0x5a202055),
    BRAND_3(0x35343733, 0x20402020, 0x33332e31, 0x007a4847),
    INVARIANT(0x100),
    {0},
};
static const struct leaf zen_3[] = {
    AMD(0x10),
    {1, {0x00a20f12, 0x00100800, 0x7ef8320b, 0x178bfbff}},
    {6, {4, 0, 1, 0}},
    {7, {0, 0x219c97a9, 0x0040068c, 0x10}},
    {0x80000000, {0x80000023, 0x68747541, 0x444d4163, 0x69746e65}},
    BRAND(0x20444d41, 0x657a7952, 0x2037206e, 0x30303835),
    BRAND_2(0x2d382058, 0x65726f43, 0x6f725020, 0x73736563),
    BRAND_3(0x2020726f, 0x20202020, 0x20202020, 0x00202020),
    INVARIANT(0x6599),
    {0},
};
/* Phenom II, family 10h: C1E stops its APIC timer. Llano, family 12h, does not, and has no bit to say so. */
static const struct leaf deneb[] = {
    AMD(5),
    {1, {0x00100f42, 0x00040800, 0x00802009, 0x178bfbff}},
    {0x80000000, {0x8000001b, 0x68747541, 0x444d4163, 0x69746e65}},
    BRAND(0x20444d41, 0x6e656850, 0x74286d6f, 0x4920296d),
    BRAND_2(0x34582049, 0x30343920, 0x6f725020, 0x73736563),
    BRAND_3(0x0000726f, 0, 0, 0),
    INVARIANT(0x1f9),
    {0},
};
static const struct leaf llano[] = {
    AMD(6),
    {1, {0x00300f10, 0x00040800, 0x00802009, 0x178bfbff}},
    {6, {0, 0, 1, 0}},
    {0x80000000, {0x8000001b, 0x68747541, 0x444d4163, 0x69746e65}},
    INVARIANT(0x1f9),
    {0},
};
/* QEMU with -cpu Nehalem: Intel's name, no ARAT, and the bit that says that there is a hypervisor. */
static const struct leaf virtual_nehalem[] = {
    INTEL(0xb),
    {1, {0x000106a3, 0x00010800, 0x80b82201, 0x0783fbfd}},
    {6, {0, 0, 0, 0}},
    {0x80000000, {0x80000008, 0, 0, 0}},
    {0},
};
/* Leaf 1 and no more. On Intel every leaf beyond the last answers with what stands in the last basic one. */
static const struct leaf bare[] = {{0, {1, 0, 0, 0}}, {1, {0x00000611, 0, 0, 0x178bfbff}}, {0}};

static const struct leaf *cpu;
static bool last_basic_answers; /* Intel's CPUs: beyond the last leaf its data comes (SDM vol. 2, CPUID) */

static struct cpuid_result ask(uint32_t leaf, uint32_t subleaf)
{
    const struct leaf *last = cpu;

    (void)subleaf;
    for (const struct leaf *l = cpu; l == cpu || l->number; l++) {
        if (l->number == leaf)
            return l->is;
        if (l->number < 0x80000000u)
            last = l;
    }
    return last_basic_answers ? last->is : (struct cpuid_result){0};
}

static struct cpu_facts facts_of(const struct leaf *leaves)
{
    struct cpu_facts facts;

    cpu = leaves;
    identify(ask, &facts);
    return facts;
}

static void trap_hybrid_cores(void **state)
{
    /* A server CPU has leaf 1Ah too, and all its cores are alike: bit 15 of leaf 7 says who is hybrid. */
    static const struct leaf server[] = {
        INTEL(0x20), {7, {1, 0, 0, 0xffffffff & ~(1u << 15)}}, {0x1a, {0x40000001, 0, 0, 0}}, {0}};

    (void)state;
    assert_int_equal(facts_of(server).core, CORE_PLAIN);
    assert_int_equal(facts_of(alder_lake_p).core, CORE_PERFORMANCE);
    assert_int_equal(facts_of(alder_lake_e).core, CORE_EFFICIENT);
    assert_int_equal(facts_of(nehalem).core, CORE_PLAIN);
    assert_int_equal(facts_of(skylake).core, CORE_PLAIN); /* its leaf 7, EDX has no bit 15 */
    assert_int_equal(facts_of(zen_3).core, CORE_PLAIN);
    assert_string_equal(core_word(CORE_PERFORMANCE), "P");
    assert_string_equal(core_word(CORE_EFFICIENT), "E");
    assert_string_equal(core_word(CORE_PLAIN), "-");
}

static void trap_arat_missing(void **state)
{
    (void)state;
    assert_true(facts_of(alder_lake_e).arat);
    assert_true(facts_of(skylake).arat);
    assert_true(facts_of(bay_trail).arat);
    assert_true(facts_of(zen_3).arat);
    assert_true(facts_of(llano).arat);
    assert_true(facts_of(virtual_nehalem).arat); /* its timer is made of software */
    assert_false(facts_of(nehalem).arat);
    assert_false(facts_of(yorkfield).arat);
    assert_false(facts_of(deneb).arat);
    assert_false(facts_of(bare).arat);
}

static void invariant_tsc(void **state)
{
    (void)state;
    assert_true(facts_of(nehalem).invariant_tsc);
    assert_true(facts_of(deneb).invariant_tsc);
    assert_false(facts_of(yorkfield).invariant_tsc);
    assert_false(facts_of(virtual_nehalem).invariant_tsc);
}

static void tsc_adjust(void **state)
{
    (void)state;
    assert_true(facts_of(alder_lake_e).tsc_adjust);
    assert_true(facts_of(skylake).tsc_adjust);
    assert_true(facts_of(bay_trail).tsc_adjust);
    assert_false(facts_of(zen_3).tsc_adjust);
    assert_false(facts_of(nehalem).tsc_adjust); /* it has no leaf 7 */
    assert_false(facts_of(bare).tsc_adjust);
}

static const struct leaf pentium_4[] = {INTEL(5), {1, {0x00000f41, 0x00020800, 0x0000649d, 0xbfebfbff}}, {0}};

/* MSR 34h is Intel's, of family 6, and a hypervisor's count would be its own. */
static void who_may_be_asked_for_smis(void **state)
{
    (void)state;
    assert_true(facts_of(nehalem).smi_counted);
    assert_true(facts_of(alder_lake_e).smi_counted);
    assert_false(facts_of(zen_3).smi_counted);
    assert_false(facts_of(virtual_nehalem).smi_counted);
    assert_false(facts_of(bare).smi_counted);
    assert_false(facts_of(pentium_4).smi_counted);
}

static void leaves_beyond_the_last_say_nothing(void **state)
{
    struct cpu_facts facts;

    (void)state;
    last_basic_answers = true;
    facts = facts_of(bare);
    assert_false(facts.invariant_tsc || facts.tsc_adjust || facts.arat || facts.smi_counted);
    assert_int_equal(facts.core, CORE_PLAIN);
    cpu = bare;
    assert_int_equal(identify_rates(ask).leaf_15h, 0);
    assert_int_equal(identify_rates(ask).leaf_16h, 0);
    last_basic_answers = false;
}

static void is_called(const struct leaf *leaves, const char *name)
{
    char brand[BRAND_BYTES];

    cpu = leaves;
    identify_brand(ask, brand);
    assert_string_equal(brand, name);
}

static void brands(void **state)
{
    static const struct leaf wild[] = {
        INTEL(1),
        {0x80000000, {0x80000004, 0, 0, 0}},
        BRAND(0x41414141, 0x1b07ff41, 0x42424242, 0x42424242),
        BRAND_2(0x43434343, 0x43434343, 0x43434343, 0x43434343),
        BRAND_3(0x44444444, 0x44444444, 0x44444444, 0x44444444), /* no zero at its end */
        {0},
    };

    (void)state;
    is_called(alder_lake_p, "12th Gen Intel(R) Core(TM) i9-12900K");
    is_called(zen_3, "AMD Ryzen 7 5800X 8-Core Processor");
    is_called(bay_trail, "Intel(R) Atom(TM) CPU Z3745 @ 1.33GHz");
    is_called(nehalem, "Genuine Intel(R) CPU 000 @ 3.20GHz");
    is_called(deneb, "AMD Phenom(tm) II X4 940 Processor");
    is_called(skylake, "unknown");
    is_called(bare, "unknown");
    is_called(wild, "AAAAA BBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD");
}

/* The ratio is told where the crystal is not; a denominator of 0 says that there is none. */
static void the_ratio_of_art(void **state)
{
    struct cpuid_rates says;

    (void)state;
    cpu = skylake;
    says = identify_rates(ask);
    assert_true(says.art_numerator == 334 && says.art_denominator == 2 && says.crystal_hz == 0);
    cpu = alder_lake_p;
    says = identify_rates(ask);
    assert_true(says.art_numerator == 166 && says.art_denominator == 2 && says.crystal_hz == 38400000);
    cpu = zen_3;
    assert_int_equal(identify_rates(ask).art_numerator, 0);
    cpu = (const struct leaf[]){INTEL(0x16), {0x15, {0, 5, 5, 0}}, {0}};
    assert_int_equal(identify_rates(ask).art_numerator, 0);
}

/* 15h: exact where it is whole; 16h: whole MHz, of the name plate: 0.4 % off here. */
static void trap_cpuid_rates(void **state)
{
    (void)state;
    cpu = alder_lake_p;
    assert_true(identify_rates(ask).leaf_15h == 3187200000ull);
    assert_true(identify_rates(ask).leaf_16h == 3200000000ull);
    cpu = skylake;
    assert_true(identify_rates(ask).leaf_15h == 0);
    assert_true(identify_rates(ask).leaf_16h == 4000000000ull);
    cpu = zen_3;
    assert_true(identify_rates(ask).leaf_15h == 0 && identify_rates(ask).leaf_16h == 0);
    cpu = (const struct leaf[]){INTEL(0x16), {0x15, {0, 5, 5, 0}}, {0x16, {0xffff0001, 0, 0, 0}}, {0}};
    assert_true(identify_rates(ask).leaf_15h == 0 && identify_rates(ask).leaf_16h == 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_hybrid_cores),
        cmocka_unit_test(trap_arat_missing),
        cmocka_unit_test(invariant_tsc),
        cmocka_unit_test(tsc_adjust),
        cmocka_unit_test(who_may_be_asked_for_smis),
        cmocka_unit_test(leaves_beyond_the_last_say_nothing),
        cmocka_unit_test(brands),
        cmocka_unit_test(the_ratio_of_art),
        cmocka_unit_test(trap_cpuid_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
