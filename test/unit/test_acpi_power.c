/* sources: hv/platform/firmware/acpi.c hv/platform/firmware/acpi_madt.c hv/platform/firmware/acpi_fixed.c hv/platform/firmware/acpi_console.c hv/platform/firmware/aml_s5.c hv/platform/firmware/common.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "acpi_build.h"

#define DSDT 0x7fe8000u
#define SSDT 0x7fe9000u

static uint8_t dsdt[64], ssdt[64];
static const struct acpi_power *power = &machine.power;

static void put_aml(uint8_t *table, const char *signature, const void *aml, size_t size)
{
    head(table, 64, signature);
    memcpy(table + 36, aml, size);
    seal(table, (uint32_t)(36 + size));
}

/* A FADT of QEMU's q35, and a DSDT whose S5 is 5 and 3. */
static void build_q35(void)
{
    static const char s5[] = "\x08_S5_\x12\x06\x02\x0a\x05\x0a\x03";

    build();
    put32(fadt + 40, DSDT);
    put32(fadt + 48, 0xb2);
    fadt[52] = 2;
    put32(fadt + 56, 0x600);
    put32(fadt + 64, 0x604);
    fadt[88] = 4;
    fadt[89] = 2;
    put32(fadt + 112, 0x84a5);
    fadt[116] = 1;
    put64(fadt + 120, 0xcf9);
    fadt[128] = 0xf;
    seal(fadt, fadt_size);
    put_aml(dsdt, "DSDT", s5, sizeof(s5) - 1);
}

static void generic(uint32_t at, uint8_t space, uint64_t address)
{
    fadt[at] = space;
    put64(fadt + at + 4, address);
}

static void parse_power(void)
{
    uint32_t says = 0;

    seal(fadt, fadt_size);
    place();
    memcpy(&says, dsdt + 4, 4);
    phys_put(DSDT, dsdt, says <= sizeof(dsdt) ? says : sizeof(dsdt));
    phys_put(SSDT, ssdt, sizeof(ssdt));
    acpi_read(RSDP, phys_look, &machine);
}

#define IS(reg, want_space, want_address)              \
    do {                                               \
        assert_int_equal((reg).space, want_space);     \
        assert_int_equal((reg).address, want_address); \
    } while (0)
#define NONE(reg) assert_int_equal((reg).address, 0)

static void as_qemu_has_it(void **state)
{
    (void)state;
    build_q35();
    parse_power();
    assert_true(power->can_sleep);
    assert_false(power->reduced);
    assert_int_equal(power->sleep_type[0], 5);
    assert_int_equal(power->sleep_type[1], 3);
    assert_int_equal(power->pm1_control[0], 0x604);
    assert_int_equal(power->pm1_control[1], 0);
    assert_int_equal(power->pm1_event[0], 0x600);
    assert_int_equal(power->pm1_event[1], 0);
    assert_int_equal(power->event_bytes, 4);
    assert_int_equal(power->smi_port, 0xb2);
    assert_int_equal(power->enable_value, 2);
    IS(power->reset, ACPI_IO, 0xcf9);
    assert_int_equal(power->reset_value, 0xf);
    assert_int_equal(machine.bad_tables, 0);
}

/* ACPI 1.0, as QEMU's pc and Bochs have it: no reset register, no extended fields. */
static void of_the_first_version(void **state)
{
    (void)state;
    build_q35();
    put32(fadt + 60, 0x610);
    put32(fadt + 68, 0x614);
    fadt_size = 116;
    parse_power();
    assert_true(power->can_sleep);
    assert_int_equal(power->pm1_control[0], 0x604);
    assert_int_equal(power->pm1_control[1], 0x614);
    assert_int_equal(power->pm1_event[1], 0x610);
    NONE(power->reset);
    assert_int_equal(power->reset_value, 0);
}

static void extended_fields_come_first(void **state)
{
    (void)state;
    build_q35();
    generic(148, 1, 0x1800);
    generic(160, 1, 0x1810);
    generic(172, 1, 0x1804);
    generic(184, 0, 0xfed80004); /* in memory, where no PC has it: the older field counts */
    put32(fadt + 68, 0x704);
    put64(fadt + 140, SSDT);
    parse_power();
    assert_int_equal(power->pm1_event[0], 0x1800);
    assert_int_equal(power->pm1_event[1], 0x1810);
    assert_int_equal(power->pm1_control[0], 0x1804);
    assert_int_equal(power->pm1_control[1], 0x704);
    assert_int_equal(machine.dsdt, SSDT);
    generic(172, 1, 0); /* not filled in, though it says where */
    parse_power();
    assert_int_equal(power->pm1_control[0], 0x604);
    fadt_size = 147; /* they end in the middle of the DSDT's */
    parse_power();
    assert_int_equal(machine.dsdt, DSDT);
    assert_int_equal(power->pm1_control[0], 0x604);
    generic(172, 1, 0x1804);
    fadt_size = 183;
    parse_power();
    assert_int_equal(power->pm1_control[0], 0x604);
    assert_int_equal(power->pm1_event[0], 0x1800);
}

static void absurd_addresses_are_none(void **state)
{
    (void)state;
    build_q35();
    generic(172, 1, 0x10604);
    generic(148, 0, UINT64_MAX - 3);
    generic(160, 4, 0x600); /* SMBus */
    put32(fadt + 48, 0x100b2);
    parse_power();
    assert_int_equal(power->pm1_control[0], 0x604);
    assert_int_equal(power->pm1_event[0], 0x600);
    assert_int_equal(power->pm1_event[1], 0);
    assert_int_equal(power->smi_port, 0);
    put32(fadt + 64, 0xffff);
    parse_power();
    assert_int_equal(power->pm1_control[0], 0);
    assert_false(power->can_sleep);
}

static void on_reduced_hardware(void **state)
{
    (void)state;
    build_q35();
    fadt_size = 268;
    put32(fadt + 112, 1u << 20 | 1u << 10);
    generic(244, 0, 0xfed80000);
    parse_power();
    assert_true(power->can_sleep && power->reduced);
    assert_int_equal(power->sleep_type[0], 5);
    IS(power->sleep, ACPI_MEMORY, 0xfed80000);
    assert_int_equal(power->pm1_control[0], 0);
    assert_int_equal(power->pm1_event[0], 0);
    assert_int_equal(power->smi_port, 0);
    IS(power->reset, ACPI_IO, 0xcf9);
    fadt_size = 255;
    parse_power();
    assert_false(power->can_sleep);
}

static void reset_registers(void **state)
{
    static const struct {
        uint8_t space, good;
        uint64_t address;
    } cases[] = {
        {1, 1, 0x64},          {0, 1, 0xfed80010},      {2, 1, 0x1f00020044ull}, /* device 31, function 2 */
        {2, 1, 0x000000ffull}, {2, 0, 0x2000000044ull}, {2, 0, 0x0000080044ull},
        {2, 0, 0x100},         {2, 0, 1ull << 48},      {3, 0, 0x62},
        {1, 0, 0x10000},       {0, 0, 1ull << 52}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        build_q35();
        generic(116, cases[i].space, cases[i].address);
        parse_power();
        assert_int_equal(power->reset.address, cases[i].good ? cases[i].address : 0);
        assert_int_equal(power->reset.space, cases[i].good ? cases[i].space : 0);
    }
    build_q35();
    put32(fadt + 112, 0x80a5); /* the flag says that there is none */
    parse_power();
    NONE(power->reset);
    build_q35();
    fadt_size = 128; /* its value is cut off */
    parse_power();
    NONE(power->reset);
}

static void s5_may_stand_in_an_ssdt(void **state)
{
    static const char s5[] = "\x08_S5_\x12\x05\x02\x0a\x07\x00";

    (void)state;
    build_q35();
    put_aml(dsdt, "DSDT", "\x08_S4_\x12\x02\x00", 8);
    put64(xsdt + 60, SSDT);
    put64(xsdt + 68, SSDT + 0x10000); /* and one that cannot be read */
    seal(xsdt, xsdt_size = 76);
    put_aml(ssdt, "SSDT", s5, sizeof(s5) - 1);
    parse_power();
    assert_true(power->can_sleep);
    assert_int_equal(power->sleep_type[0], 7);
    ssdt[16]++; /* its checksum */
    parse_power();
    assert_false(power->can_sleep);
    assert_int_equal(power->sleep_type[0], 0);
}

static void without_a_good_dsdt(void **state)
{
    (void)state;
    build_q35();
    dsdt[16]++;
    parse_power();
    assert_false(power->can_sleep);
    IS(power->reset, ACPI_IO, 0xcf9);
    build_q35();
    put32(dsdt + 4, 1u << 21);
    parse_power();
    assert_false(power->can_sleep);
    build_q35();
    put32(fadt + 40, 0);
    parse_power();
    assert_false(power->can_sleep);
    build();
    parse_power();
    assert_false(power->can_sleep);
    assert_int_equal(machine.bad_tables, 0); /* a machine need not have one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_qemu_has_it),
        cmocka_unit_test(of_the_first_version),
        cmocka_unit_test(extended_fields_come_first),
        cmocka_unit_test(absurd_addresses_are_none),
        cmocka_unit_test(on_reduced_hardware),
        cmocka_unit_test(reset_registers),
        cmocka_unit_test(s5_may_stand_in_an_ssdt),
        cmocka_unit_test(without_a_good_dsdt),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    phys_clear();
    return failed;
}
