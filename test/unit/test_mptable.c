/* sources: hv/platform/firmware/mptable.c hv/platform/firmware/common.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "phys.h"
#include "platform/firmware/mptable.h"

/* The table lies in base memory, exactly as long as it is; its floating pointer where a test puts it. */
#define TABLE 0x9d000u
#define EBDA  0x9fc00u
#define BIOS  0xf0000u

static uint8_t table[1024], bios[0x10000], ebda[1024], last_kib[1024], segment[2], kib[2];
static uint32_t table_size;
static struct machine machine;

static void sum_up(uint8_t *bytes, size_t size, size_t checksum_at)
{
    uint8_t sum = 0;
    bytes[checksum_at] = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[checksum_at] = (uint8_t)-sum;
}

static void seal(void)
{
    put16(table + 4, (uint16_t)table_size);
    sum_up(table, table_size, 7);
}

static void entry(const uint8_t *bytes, size_t size)
{
    memcpy(table + table_size, bytes, size);
    table_size += (uint32_t)size;
    table[34]++;
    seal();
}

/* Flags: 1 enabled, 2 the boot CPU. */
static void processor(uint8_t id, uint8_t flags)
{
    uint8_t bytes[20] = {0, id, 0x14, flags};
    entry(bytes, sizeof(bytes));
}

static void other(uint8_t type)
{
    uint8_t bytes[8] = {type};
    entry(bytes, sizeof(bytes));
}

static void pointer(uint8_t *at, uint32_t to, uint8_t feature)
{
    memcpy(at, "_MP_", 4);
    put32(at + 4, to);
    at[8] = 1;
    at[9] = 4;
    at[11] = feature;
    sum_up(at, 16, 10);
}

static void begin(void)
{
    memset(table, 0, sizeof(table));
    memset(bios, 0, sizeof(bios));
    memset(ebda, 0, sizeof(ebda));
    memset(last_kib, 0, sizeof(last_kib));
    memset(kib, 0, sizeof(kib));
    put16(segment, EBDA >> 4);
    memcpy(table, "PCMP", 4);
    table[6] = 4;
    put32(table + 36, 0xfee00000);
    table_size = 44;
    seal();
    machine = (struct machine){.source = "acpi", .hpet_base = 0xfed00000, .lapic_base = 1, .cpus_no = 3};
}

static bool parse(void)
{
    phys_clear();
    phys_put(0x40e, segment, sizeof(segment));
    phys_put(0x413, kib, sizeof(kib));
    phys_put(0x9f800, last_kib, sizeof(last_kib));
    phys_put(EBDA, ebda, sizeof(ebda));
    phys_put(BIOS, bios, sizeof(bios));
    phys_put(TABLE, table, table_size);
    return mptable_read(phys_look, &machine);
}

static void begin_with_pointer(void)
{
    begin();
    pointer(bios + 0x5000, TABLE, 0);
}

static void enabled_processors_count(void **state)
{
    (void)state;
    begin_with_pointer();
    processor(5, 1);
    processor(0, 3); /* the boot CPU need not be first */
    processor(1, 0); /* switched off */
    processor(5, 1); /* twice */
    processor(0xff, 1);
    processor(7, 1);
    for (uint8_t type = 1; type <= 4; type++) /* buses, I/O APICs, interrupts */
        other(type);
    assert_true(parse());
    assert_string_equal(machine.source, "mptable");
    assert_int_equal(machine.cpu_count, 3);
    assert_int_equal(machine.cpus[0].apic_id, 5);
    assert_int_equal(machine.cpus[1].apic_id, 0);
    assert_int_equal(machine.cpus[2].apic_id, 7);
    assert_int_equal(machine.cpus_no, 3);
    assert_int_equal(machine.lapic_base, 0xfee00000);
    assert_true(machine.hpet_base == 0xfed00000); /* what ACPI said of the timers stays */
    assert_int_equal(machine.bad_tables, 0);
}

static void found_in_each_place(void **state)
{
    (void)state;
    static uint8_t *const places[] = {ebda, ebda + 1008, bios, bios + 0xfff0};
    for (unsigned i = 0; i < 4; i++) {
        begin();
        processor(0, 1);
        pointer(places[i], TABLE, 0);
        assert_true(parse());
    }
    begin();
    processor(0, 1);
    pointer(last_kib + 16, TABLE, 0);
    put16(kib, 639);       /* 638 to 639 KiB is the last one */
    assert_false(parse()); /* where there is an EBDA, base memory is not looked at */
    put16(segment, 0);
    assert_true(parse());
}

static void looked_for_nowhere_else(void **state)
{
    (void)state;
    begin();
    processor(0, 1);
    pointer(bios + 8, TABLE, 0); /* not on a boundary of 16 bytes */
    assert_false(parse());
    begin();
    processor(0, 1);
    pointer(bios, TABLE, 0);
    bios[8] = 2; /* a length of 32 bytes */
    sum_up(bios, 16, 10);
    assert_false(parse());
    pointer(bios, TABLE, 0);
    bios[10]++;
    assert_false(parse());
    assert_int_equal(machine.bad_tables, 0); /* it was none */
    phys_clear();
    assert_false(mptable_read(phys_look, &machine));
    assert_string_equal(machine.source, "acpi");
}

static void nonsense_where_the_bios_keeps_its_places(void **state)
{
    (void)state;
    static const uint16_t segments[] = {0xffff, 1, 0xa000, 0}, sizes[] = {0xffff, 0, 641, 1};
    for (unsigned i = 0; i < 4; i++) {
        begin_with_pointer();
        processor(0, 1);
        put16(segment, segments[i]);
        put16(kib, sizes[i]);
        assert_true(parse());
    }
}

static void refused(void)
{
    assert_false(parse());
    assert_int_equal(machine.bad_tables, 1);
    assert_string_equal(machine.source, "acpi");
    assert_int_equal(machine.cpu_count, 0);
    assert_int_equal(machine.cpus_no, 3);
    assert_int_equal(machine.lapic_base, 1);
}

static void damaged_tables_change_nothing(void **state)
{
    (void)state;
    begin_with_pointer();
    processor(0, 1);
    table[50]++; /* the checksum */
    refused();

    begin_with_pointer();
    processor(0, 1);
    table[0] = 'Q';
    sum_up(table, table_size, 7);
    refused();

    static const uint16_t lengths[] = {0, 43, 65, 0xffff}; /* 64 would be right */
    for (unsigned i = 0; i < 4; i++) {
        begin_with_pointer();
        processor(0, 1);
        put16(table + 4, lengths[i]);
        refused();
    }

    begin();
    pointer(bios, 0, 0); /* no table, and no default configuration */
    refused();
    begin();
    pointer(bios, 0xffffffff, 0);
    refused();
    begin();
    pointer(bios, 0, 8); /* no such default configuration */
    refused();
}

static void malformed_entry_ends_the_table(void **state)
{
    (void)state;
    begin_with_pointer();
    processor(0, 1);
    other(5); /* unknown, so of unknown length */
    processor(1, 1);
    assert_true(parse());
    assert_int_equal(machine.cpu_count, 1);
    assert_int_equal(machine.bad_tables, 1);

    begin_with_pointer();
    processor(0, 1);
    table[34] = 200; /* more entries than there is room for */
    seal();
    assert_true(parse());
    assert_int_equal(machine.cpu_count, 1);
    assert_int_equal(machine.bad_tables, 1);

    begin_with_pointer();
    processor(0, 1);
    processor(1, 1);
    table_size -= 1; /* the last one is cut */
    seal();
    assert_true(parse());
    assert_int_equal(machine.cpu_count, 1);
}

static void no_enabled_processor_is_no_table(void **state)
{
    (void)state;
    begin_with_pointer();
    processor(0, 0);
    assert_false(parse());
    assert_int_equal(machine.bad_tables, 0);
    assert_string_equal(machine.source, "acpi");
}

static void default_configurations_have_two_processors(void **state)
{
    (void)state;
    for (uint8_t number = 1; number <= 7; number++) {
        begin();
        pointer(bios, 0, number);
        assert_true(parse());
        assert_int_equal(machine.cpu_count, 2);
        assert_int_equal(machine.cpus[1].apic_id, 1);
        assert_int_equal(machine.lapic_base, 0xfee00000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enabled_processors_count),
        cmocka_unit_test(found_in_each_place),
        cmocka_unit_test(looked_for_nowhere_else),
        cmocka_unit_test(nonsense_where_the_bios_keeps_its_places),
        cmocka_unit_test(damaged_tables_change_nothing),
        cmocka_unit_test(malformed_entry_ends_the_table),
        cmocka_unit_test(no_enabled_processor_is_no_table),
        cmocka_unit_test(default_configurations_have_two_processors),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    phys_clear();
    return failed;
}
