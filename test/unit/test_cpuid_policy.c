/* sources: hv/domain/vcpu/cpuid.c hv/domain/memory/guest_memory.c */
/* CPUID as a guest gets it by the forced-emulation prefix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/vcpu/cpuid.h"

static const struct cpuid_result everything = {~0u, ~0u, ~0u, ~0u};

static void is_nothing(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r = cpuid_policy(leaf, subleaf, everything, 0);

    assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
}

static void xen_is_found(void **state)
{
    struct cpuid_result r = cpuid_policy(0x40000000, 0, everything, 0);

    (void)state;
    assert_int_equal(r.eax, 0x40000002); /* kernels look for at least two more */
    assert_memory_equal(&r.ebx, "XenVMMXenVMM", 12);
    assert_int_equal(cpuid_policy(0x40000001, 0, everything, 0).eax, 4 << 16 | 17);
    is_nothing(0x40000002, 0);
    is_nothing(0x400000ff, 0);
    is_nothing(0x40000100, 0);
}

/* Nothing is shown that CPL 3 cannot use here. */
static void nothing_that_does_not_work(void **state)
{
    struct cpuid_result r = cpuid_policy(1, 0, everything, 5);

    (void)state;
    assert_int_equal(r.ecx & (1u << 3 | 1u << 5 | 1u << 6 | 1u << 17 | 1u << 21 | 1u << 24), 0);
    assert_int_equal(r.ecx & (1u << 26 | 1u << 27 | 1u << 28), 0); /* XSAVE, OSXSAVE, AVX */
    assert_true(r.ecx >> 31);
    assert_int_equal(r.edx & (1u << 1 | 1u << 3 | 1u << 9 | 1u << 11 | 1u << 12 | 1u << 13), 0);
    assert_int_equal(r.ebx, 10u << 24 | 0xffff);
    r = cpuid_policy(7, 0, everything, 0);
    assert_int_equal(r.eax, 0);
    assert_int_equal(r.ebx & (1u | 1u << 5 | 1u << 7 | 1u << 10 | 1u << 16 | 1u << 20), 0);
    assert_int_equal(r.ecx & (1u << 2 | 1u << 3 | 1u << 4), 0);
    r = cpuid_policy(0x80000001, 0, everything, 0);
    assert_int_equal(r.ecx >> 2 & 1, 0); /* SVM */
    assert_int_equal(r.edx & (1u << 11 | 1u << 20 | 1u << 29), 1u << 11 | 1u << 20 | 1u << 29);
}

/* A CPU without a feature never seems to have it. */
static void nothing_that_the_cpu_has_not(void **state)
{
    const struct cpuid_result none = {0};
    static const uint32_t leaves[] = {0, 1, 2, 4, 7, 13, 0x80000000, 0x80000001, 0x80000007, 0x80000008};

    (void)state;
    for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        struct cpuid_result r = cpuid_policy(leaves[i], 0, none, 0);

        assert_int_equal(r.eax | r.ebx | r.edx, 0);
        assert_int_equal(r.ecx, leaves[i] == 1 ? 1u << 31 : 0);
    }
}

static void leaves_end(void **state)
{
    (void)state;
    assert_int_equal(cpuid_policy(0, 0, everything, 0).eax, 7);
    assert_int_equal(cpuid_policy(0, 0, (struct cpuid_result){.eax = 4}, 0).eax, 4);
    assert_int_equal(cpuid_policy(0x80000000, 0, everything, 0).eax, 0x80000008);
    is_nothing(7, 1);
    is_nothing(5, 0);
    is_nothing(13, 0);
    is_nothing(0x80000009, 0);
    is_nothing(0x8000001f, 0);
    is_nothing(0xffffffff, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xen_is_found),
        cmocka_unit_test(nothing_that_does_not_work),
        cmocka_unit_test(nothing_that_the_cpu_has_not),
        cmocka_unit_test(leaves_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
