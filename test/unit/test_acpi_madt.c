/* sources: hv/platform/firmware/acpi.c hv/platform/firmware/acpi_madt.c hv/platform/firmware/acpi_fixed.c hv/platform/firmware/acpi_console.c hv/platform/firmware/aml_s5.c hv/platform/firmware/common.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "acpi_build.h"

static void only_enabled_cpus_count(void **state)
{
    (void)state;
    build();
    local_apic(0, 4, 1); /* the boot CPU need not be first, nor have id 0 */
    local_apic(1, 5, 0); /* disabled */
    local_apic(2, 6, 2); /* online capable, one day */
    local_apic(3, 0xff, 1);
    local_apic(4, 7, 3);
    local_x2apic(5, 0xffffffff, 1);
    local_x2apic(6, 0x100, 1);
    local_x2apic(7, 0xff, 1); /* a good x2APIC id */
    local_x2apic(8, 4, 1);    /* listed twice */
    local_apic(4, 7, 1);
    parse();
    assert_int_equal(machine.cpu_count, 4);
    assert_int_equal(machine.cpus[0].apic_id, 4);
    assert_int_equal(machine.cpus[1].apic_id, 7);
    assert_int_equal(machine.cpus[2].apic_id, 0x100);
    assert_int_equal(machine.cpus[2].acpi_id, 6);
    assert_int_equal(machine.cpus[3].apic_id, 0xff);
    assert_int_equal(machine.cpus_no, 6);
    assert_int_equal(machine.bad_tables, 0);
}

/* Parses, and holds the ids against those that should be there. */
static void expect_ids(const uint32_t *ids, unsigned count, unsigned left_out)
{
    parse();
    assert_int_equal(machine.cpu_count, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(machine.cpus[i].apic_id, ids[i]);
    assert_int_equal(machine.cpus_no, left_out);
}

static void entry_of_length_zero_ends_the_madt(void **state)
{
    (void)state;
    static const uint8_t nothing[2] = {0, 0};
    build();
    local_apic(0, 6, 1);
    local_apic(1, 4, 1);
    madt_entry(nothing, sizeof(nothing));
    local_apic(2, 2, 1);
    expect_ids((const uint32_t[]){6, 4}, 2, 0);
    assert_int_equal(machine.bad_tables, 1);

    build();
    madt_entry(nothing, sizeof(nothing)); /* the first of all: the MP table may know more */
    local_apic(2, 2, 1);
    expect_ids(NULL, 0, 0);
    assert_int_equal(machine.bad_tables, 1);
}

static void duplicate_entries_count_once(void **state)
{
    (void)state;
    build();
    local_apic(0, 0, 1);
    local_apic(1, 0, 1);
    local_x2apic(2, 0, 1); /* some firmware lists every CPU in both forms */
    local_x2apic(3, 0x200, 1);
    local_x2apic(4, 0x200, 1);
    expect_ids((const uint32_t[]){0, 0x200}, 2, 3);
}

static void disabled_entries_are_left_out(void **state)
{
    (void)state;
    build();
    local_apic(0, 0, 1);
    local_apic(1, 1, 0);
    local_x2apic(2, 2, 0);
    expect_ids((const uint32_t[]){0}, 1, 2);
}

static void online_capable_entries_are_left_out(void **state)
{
    (void)state;
    build();
    local_apic(0, 0, 1);
    local_apic(1, 1, 2); /* may come one day, is not there now */
    local_x2apic(2, 2, 2);
    local_apic(3, 3, 3);
    expect_ids((const uint32_t[]){0, 3}, 2, 2);
}

static void x2apic_entries_count(void **state)
{
    (void)state;
    build();
    local_x2apic(7, 0, 1);
    local_x2apic(8, 0x12345, 1);
    local_x2apic(9, 0xffffffff, 1); /* the broadcast address */
    expect_ids((const uint32_t[]){0, 0x12345}, 2, 1);
    assert_int_equal(machine.cpus[1].acpi_id, 8);
}

static void id_0xff_is_a_cpu_in_x2apic_form_only(void **state)
{
    (void)state;
    build();
    local_apic(0, 0, 1);
    local_apic(1, 0xff, 1);
    expect_ids((const uint32_t[]){0}, 1, 1);
    local_x2apic(2, 0xff, 1);
    expect_ids((const uint32_t[]){0, 0xff}, 2, 1);
}

static void boot_cpu_may_stand_anywhere(void **state)
{
    (void)state;
    build();
    local_apic(0, 8, 1);
    local_apic(1, 3, 1);
    local_apic(2, 0, 1);
    expect_ids((const uint32_t[]){8, 3, 0}, 3, 0);
}

static void more_cpus_than_fit(void **state)
{
    (void)state;
    build();
    for (unsigned i = 0; i < 250; i++)
        local_x2apic(i, i, 1);
    parse();
    assert_int_equal(machine.cpu_count, 250);
    /* MADT is limited by its buffer here: fill the rest with the 8-byte form. */
    build();
    for (unsigned i = 0; i < 250; i++)
        local_apic((uint8_t)i, (uint8_t)i, 1);
    for (unsigned i = 0; i < 10; i++)
        local_x2apic(i, 0x1000 + i, 1);
    parse();
    assert_int_equal(machine.cpu_count, MACHINE_MAX_CPUS);
    assert_int_equal(machine.cpus_beyond, 260 - MACHINE_MAX_CPUS);
    assert_int_equal(machine.cpus_no, 0);
}

/* As on most machines: places for CPUs that are not there, in both forms, before and after those that are. */
static void placeholders_are_no_cpus(void **state)
{
    (void)state;
    build();
    for (unsigned i = 0; i < 56; i++)
        local_apic((uint8_t)i, (uint8_t)(i < 12 ? i : 0xff), i < 12);
    for (unsigned i = 0; i < 56; i++)
        local_x2apic(i, 0xffffffff, 0);
    parse();
    assert_int_equal(machine.cpu_count, 12);
    assert_int_equal(machine.cpus_beyond, 0);
    assert_int_equal(machine.cpus_no, 100);
    assert_int_equal(machine.bad_tables, 0);
}

/* Those that are there, though there is no room for them, do count; places after them do not. */
static void placeholders_beyond_the_room(void **state)
{
    (void)state;
    build();
    for (unsigned i = 0; i < 250; i++)
        local_apic((uint8_t)i, (uint8_t)i, 1);
    for (unsigned i = 0; i < 12; i++)
        local_x2apic(i, 0x1000 + i, i % 2);
    local_apic(0, 0, 1);
    parse();
    assert_int_equal(machine.cpu_count, MACHINE_MAX_CPUS);
    assert_int_equal(machine.cpus_beyond, 0);
    assert_int_equal(machine.cpus_no, 7);
    local_x2apic(0, 0x2000, 1);
    local_x2apic(0, 0x2001, 0);
    parse();
    assert_int_equal(machine.cpus_beyond, 1);
    assert_int_equal(machine.cpus_no, 8);
}

static void malformed_entry_ends_the_madt(void **state)
{
    (void)state;
    static const uint8_t bad[][8] = {
        {0, 0, 1, 1, 1},                                    /* length 0 */
        {0, 1, 1, 1, 1},          {0, 7, 1, 1, 1, 0, 0, 0}, /* too short for its type */
        {9, 8, 0, 0, 1, 0, 0, 0}, {5, 8, 0, 0, 1, 0, 0, 0}, {0, 40, 1, 1, 1, 0, 0, 0}, /* beyond the table */
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        build();
        local_apic(0, 0, 1);
        madt_entry(bad[i], 8);
        if (i < 5)
            local_apic(2, 2, 1);
        parse();
        assert_int_equal(machine.cpu_count, 1);
        assert_int_equal(machine.bad_tables, 1);
    }
    build();
    local_apic(0, 0, 1);
    madt_entry(bad[0], 1); /* a lone byte at the end */
    parse();
    assert_int_equal(machine.cpu_count, 1);
    assert_int_equal(machine.bad_tables, 1);
}

static void entries_of_other_kinds(void **state)
{
    (void)state;
    static const uint8_t ioapic[12] = {1, 12, 0, 0, 0, 0, 0xc0, 0xfe};
    static const uint8_t override[12] = {5, 12, 0, 0, 0, 0, 0, 0xfe, 0x10, 0, 0, 0};
    static const uint8_t unknown[2] = {0x7f, 2};
    build();
    madt_entry(ioapic, 12);
    madt_entry(override, 12);
    madt_entry(unknown, 2);
    local_apic(0, 0, 1);
    parse();
    assert_int_equal(machine.cpu_count, 1);
    assert_true(machine.lapic_base == 0x10fe000000ull);
    assert_int_equal(machine.bad_tables, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_enabled_cpus_count),
        cmocka_unit_test(entry_of_length_zero_ends_the_madt),
        cmocka_unit_test(duplicate_entries_count_once),
        cmocka_unit_test(disabled_entries_are_left_out),
        cmocka_unit_test(online_capable_entries_are_left_out),
        cmocka_unit_test(x2apic_entries_count),
        cmocka_unit_test(id_0xff_is_a_cpu_in_x2apic_form_only),
        cmocka_unit_test(boot_cpu_may_stand_anywhere),
        cmocka_unit_test(more_cpus_than_fit),
        cmocka_unit_test(placeholders_are_no_cpus),
        cmocka_unit_test(placeholders_beyond_the_room),
        cmocka_unit_test(malformed_entry_ends_the_madt),
        cmocka_unit_test(entries_of_other_kinds),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    phys_clear();
    return failed;
}
