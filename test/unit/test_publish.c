/* sources: hv/time/publish.c */
/*
 * Records: the layout that Xen's own headers demand, and the writer's order as both protocols' readers see
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <xen/xen.h>

#include "time/publish.h"

#define SAME(xen_field, ours) \
    assert_int_equal(offsetof(struct vcpu_time_info, xen_field), offsetof(struct meridian_record, ours))

static void first_half_is_xens_record_to_the_bit(void **state)
{
    (void)state;
    SAME(version, version1);
    SAME(pad0, version2);
    SAME(tsc_timestamp, tsc_timestamp);
    SAME(system_time, system_time);
    SAME(tsc_to_system_mul, tsc_to_system_mul);
    SAME(tsc_shift, tsc_shift);
    SAME(flags, flags);
    SAME(pad1, disruptions);
    assert_int_equal(sizeof(struct vcpu_time_info), 32);
    assert_int_equal(sizeof(struct xen_time_record), sizeof(struct vcpu_time_info));
    assert_int_equal(MERIDIAN_FLAG_TSC_STABLE, XEN_PVCLOCK_TSC_STABLE_BIT);
}

static void second_half_is_as_the_abi_says(void **state)
{
    (void)state;
    assert_int_equal(offsetof(struct meridian_record, cpu_freq), 32);
    assert_int_equal(offsetof(struct meridian_record, wall_sec), 40);
    assert_int_equal(offsetof(struct meridian_record, wall_nsec), 48);
    assert_int_equal(offsetof(struct meridian_record, err_ppb), 52);
    assert_int_equal(offsetof(struct meridian_record, err_ns), 56);
    assert_int_equal(MERIDIAN_HYPERCALL, __HYPERVISOR_arch_7);
}

static const struct published SAMPLE = {
    .line = {.tsc = 11, .ns = 22, .scale = {0x80000001u, -2}},
    .bound = {.ns = 33, .ppb = 44},
    .wall = {55, 66},
    .hz = 77,
    .disruptions = 88,
    .flags = 1,
};

static void a_record_is_odd_while_written_and_whole_after(void **state)
{
    struct meridian_record record = {0};

    (void)state;
    for (uint32_t version = 0; version < 10; version += 2) {
        record_begin(&record, version);
        assert_int_equal(record.version1, version + 1);
        assert_int_equal(record.version2,
                         version); /* even: a 2005 reader compares it with version1 and turns away */
        record_fill(&record, &SAMPLE);
        assert_int_not_equal(record.version1, record.version2);
        record_end(&record, version);
        assert_int_equal(record.version1, version + 2);
        assert_int_equal(record.version2, version + 2);
    }
    assert_int_equal(record.tsc_timestamp, 11);
    assert_int_equal(record.system_time, 22);
    assert_int_equal(record.tsc_to_system_mul, 0x80000001u);
    assert_int_equal(record.tsc_shift, -2);
    assert_int_equal(record.err_ns, 33);
    assert_int_equal(record.err_ppb, 44);
    assert_int_equal(record.wall_sec, 55);
    assert_int_equal(record.wall_nsec, 66);
    assert_int_equal(record.cpu_freq, 77);
    assert_int_equal(record.disruptions, 88);
}

static void xens_padding_stays_0(void **state)
{
    struct vcpu_time_info record;

    (void)state;
    memset(&record, 0, sizeof record);
    xen_record_begin((struct xen_time_record *)&record, 4);
    assert_int_equal(record.version, 5);
    xen_record_fill((struct xen_time_record *)&record, &SAMPLE);
    xen_record_end((struct xen_time_record *)&record, 4);
    assert_int_equal(record.version, 6);
    assert_int_equal(record.pad0, 0);
    assert_int_equal(record.pad1[0] | record.pad1[1], 0);
    assert_int_equal(record.tsc_timestamp, 11);
    assert_int_equal(record.flags, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_half_is_xens_record_to_the_bit),
        cmocka_unit_test(second_half_is_as_the_abi_says),
        cmocka_unit_test(a_record_is_odd_while_written_and_whole_after),
        cmocka_unit_test(xens_padding_stays_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
