/* sources: hv/platform/firmware/smbios.c hv/platform/firmware/smbios_efi.c hv/log/format.c hv/platform/firmware/common.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smbios_build.h"

static struct machine_names names;

/* No view may run round the end of all addresses. */
static const void *strict_look(uint64_t phys, size_t size)
{
    assert_true(phys != 0 && phys <= UINT64_MAX - size);
    return phys_look(phys, size);
}

static bool parse(struct efi_table efi)
{
    bool found;

    phys_clear();
    phys_put(BIOS, bios, sizeof(bios));
    phys_put(TABLE, table, table_size);
    phys_put(SYSTEM, efi_system, efi.wide ? 120 : 72);
    phys_put(CONFIGS, configs, sizeof(configs));
    memset(&names, 'x', sizeof(names));
    found = smbios_read(efi, strict_look, &names);
    phys_clear();
    return found;
}

static bool parse_bios(void)
{
    return parse((struct efi_table){0});
}

static void are(const char *vendor, const char *product, const char *board, const char *firmware)
{
    assert_string_equal(names.vendor, vendor);
    assert_string_equal(names.product, product);
    assert_string_equal(names.board, board);
    assert_string_equal(names.firmware, firmware);
}

static void are_the_machines(void)
{
    are("LENOVO", "20UAS0VX00", "20UAS0VX00-B", "Phoenix R1ET63WW (1.40)");
}

static void are_unknown(void)
{
    are("unknown", "unknown", "unknown", "unknown");
}

static void in_the_bios(void **state)
{
    (void)state;
    nothing_yet();
    a_machine();
    assert_false(parse_bios());
    are_unknown();
    entry_old(bios + 0x5a40, 31);
    assert_true(parse_bios());
    are_the_machines();
    memset(bios, 0, sizeof(bios));
    entry_new(bios + 0xffe0, TABLE); /* the last place that has the room */
    assert_true(parse_bios());
    are_the_machines();
    memset(bios, 0, sizeof(bios));
    entry_old(bios + 0x5a40, 30); /* as version 2.1 has it */
    assert_true(parse_bios());
    memset(bios, 0, sizeof(bios));
    entry_new(bios + 0x5a48, TABLE); /* not on 16 bytes */
    assert_false(parse_bios());
}

static void bad_entries_are_passed_over(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } wrong[] = {{0, 'x'}, {3, '-'}, {5, 29}, {5, 33}, {5, 255}, {5, 0}, {24, 1}};

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        nothing_yet();
        a_machine();
        entry_old(bios + 0x1000, 31);
        bios[0x1000 + wrong[i].at] = wrong[i].value;
        if (wrong[i].at == 5 && wrong[i].value) /* a length that is wrong by itself */
            sum_to_zero(bios + 0x1000, wrong[i].value, 4);
        assert_false(parse_bios());
        entry_new(bios + 0x2000, TABLE);
        assert_true(parse_bios());
        are_the_machines();
    }
    entry_new(bios + 0x1000, TABLE);
    bios[0x1006] = 23;
    sum_to_zero(bios + 0x1000, 23, 5);
    memset(bios + 0x2000, 0, 32);
    assert_false(parse_bios());
}

static void by_uefis_table(void **state)
{
    (void)state;
    for (unsigned wide = 0; wide < 2; wide++) {
        struct efi_table efi = {SYSTEM, wide};

        nothing_yet();
        a_machine();
        entry_old(bios + 0x5a48, 31); /* where no search finds it */
        efi_tables(wide, 7, BIOS + 0x5a48, 0);
        assert_true(parse(efi));
        are_the_machines();
        entry_new(bios + 0x6008, TABLE);
        efi_tables(wide, 3, BIOS + 0x7000, BIOS + 0x6008); /* the old one leads nowhere */
        assert_true(parse(efi));
        are_the_machines();
        efi_tables(wide, 3, 0, 0);
        assert_false(parse(efi));
        efi_tables(wide, 3, 0, BIOS + 0x6008);
        efi_system[0] = 'x';
        assert_false(parse(efi));
    }
}

/* Of a system table that lies, nothing is believed, and nothing is read that is not there. */
static void a_wild_system_table(void **state)
{
    struct efi_table efi = {SYSTEM, true};

    (void)state;
    nothing_yet();
    a_machine();
    entry_new(bios + 0x6008, TABLE);
    efi_tables(true, 3, 0, BIOS + 0x6008);
    put64(efi_system + 104, 257);
    assert_false(parse(efi));
    put64(efi_system + 104, UINT64_MAX / 24 + 2);
    assert_false(parse(efi));
    put64(efi_system + 104, 100); /* beyond what can be read */
    assert_false(parse(efi));
    put64(efi_system + 104, 4);
    put64(efi_system + 112, UINT64_MAX - 50);
    assert_false(parse(efi));
    put64(efi_system + 112, 0);
    assert_false(parse(efi));
    assert_false(parse((struct efi_table){UINT64_MAX - 60, true}));
    assert_false(parse((struct efi_table){0x1234567, false}));
    put64(efi_system + 112, CONFIGS);
    assert_true(parse(efi));
    put64(efi_system + 112, CONFIGS);
    efi_tables(true, 3, 0, UINT64_MAX - 3); /* an entry point at the end of all */
    assert_false(parse(efi));
}

static void filler_is_no_name(void **state)
{
    (void)state;
    nothing_yet();
    structure(0, (const uint8_t[]){1, 2}, 2, "American Megatrends Inc.\0Default string", 2);
    structure(1, (const uint8_t[]){1, 2}, 2, "To Be Filled By O.E.M.\0To be filled by O.E.M.", 2);
    structure(2, (const uint8_t[]){1, 2}, 2, "ASRock\0B450M Pro4", 2);
    the_end();
    entry_new(bios, TABLE);
    assert_true(parse_bios());
    are("ASRock", "B450M Pro4", "B450M Pro4", "American Megatrends Inc.");

    nothing_yet();
    structure(1, (const uint8_t[]){1, 2}, 2, "System manufacturer\0System Product Name", 2);
    the_end();
    entry_new(bios, TABLE);
    assert_true(parse_bios());
    are_unknown();
}

/* Beside the machine's: a board has a maker of its own, or none is named and it is the machine's. */
static void a_board_has_a_maker(void **state)
{
    static const struct {
        uint8_t strings[2];
        const char *vendor;
    } boards[] = {{{1, 2}, "Supermicro"}, {{0, 2}, "SomeSeller"}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        nothing_yet();
        structure(1, (const uint8_t[]){1, 2}, 2, "SomeSeller\0Appliance 100", 2);
        structure(2, boards[i].strings, 2, " Supermicro \0  X10SDV-4C-TLN4F ", 2);
        the_end();
        entry_new(bios, TABLE);
        assert_true(parse_bios());
        are("SomeSeller", "Appliance 100", "X10SDV-4C-TLN4F", "unknown");
        assert_string_equal(names.board_vendor, boards[i].vendor);
    }
}

static void strings_are_what_one_can_read(void **state)
{
    static char endless[200];

    (void)state;
    nothing_yet();
    memset(endless, 'A', sizeof(endless) - 1);
    structure(0, (const uint8_t[]){0, 1}, 2, "1.0", 1);
    structure(1, (const uint8_t[]){1, 2}, 2, "  Hewlett-Packard\t\x1b[2J\xff Inc  \0  ", 2);
    structure(2, (const uint8_t[]){2, 1}, 2, endless, 1);
    the_end();
    entry_new(bios, TABLE);
    assert_true(parse_bios());
    endless[MACHINE_NAME_BYTES - 1] = 0;
    are("unknown", endless, endless, "1.0"); /* a board's vendor, string 2, which is not there */
    nothing_yet();
    structure(1, (const uint8_t[]){1, 2}, 2, "  Hewlett-Packard\t\x1b[2J\xff Inc  \0@x=1", 2);
    the_end();
    entry_new(bios, TABLE);
    assert_true(parse_bios());
    are("Hewlett-Packard [2J Inc", "@x=1", "unknown", "unknown");
    nothing_yet(); /* too short to have a second field: what stands there is a string already */
    structure(1, (const uint8_t[]){1}, 1, "\1Dell Inc.", 1);
    the_end();
    entry_new(bios, TABLE);
    assert_true(parse_bios());
    are("Dell Inc.", "unknown", "unknown", "unknown");
}

static void what_lies_behind_the_end_counts_not(void **state)
{
    (void)state;
    nothing_yet();
    the_end();
    a_machine();
    entry_new(bios, TABLE);
    assert_true(parse_bios());
    are_unknown();
    nothing_yet(); /* no end: the table's own */
    structure(1, (const uint8_t[]){1, 2}, 2, "Dell Inc.\0OptiPlex", 2);
    entry_old(bios, 31);
    assert_true(parse_bios());
    are("Dell Inc.", "OptiPlex", "unknown", "unknown");
}

/* Cut anywhere, the table gives what is whole of it; a structure of length 0 to 3 ends it. */
static void cut_tables(void **state)
{
    uint32_t whole;

    (void)state;
    for (uint8_t length = 0; length < 4; length++) {
        nothing_yet();
        structure(1, (const uint8_t[]){1, 2}, 2, "Dell Inc.\0OptiPlex", 2);
        a_machine();
        table[1] = length;
        entry_new(bios, TABLE);
        assert_true(parse_bios());
        are_unknown();
    }
    nothing_yet();
    a_machine();
    whole = table_size;
    for (table_size = 1; table_size < whole; table_size++) {
        entry_new(bios, TABLE);
        assert_true(parse_bios());
        assert_true(!strcmp(names.vendor, "unknown") || !strcmp(names.vendor, "LENOVO"));
    }
    table_size = whole; /* the table says more than there is */
    entry_old(bios, 31);
    put16(bios + 22, (uint16_t)(whole + 1));
    sum_to_zero(bios, 31, 4);
    assert_false(parse_bios());
    entry_new(bios, UINT64_MAX - 2);
    assert_false(parse_bios());
    entry_new(bios, 0);
    assert_false(parse_bios());
}

/* The newer kind only gives the most that the table may take: real ones say 0xffffffff... */
static void a_table_of_any_size_is_cut(void **state)
{
    static uint8_t large[1u << 18];

    (void)state;
    nothing_yet();
    structure(1, (const uint8_t[]){1, 2}, 2, "Dell Inc.\0OptiPlex", 2);
    memcpy(large, table, table_size);
    large[table_size] = 127;
    large[table_size + 1] = 4;
    table_size = UINT32_MAX;
    entry_new(bios, 0x10000000);
    phys_clear();
    phys_put(BIOS, bios, sizeof(bios));
    phys_put(0x10000000, large, sizeof(large));
    assert_true(smbios_read((struct efi_table){0}, phys_look, &names));
    are("Dell Inc.", "OptiPlex", "unknown", "unknown");
    phys_clear();
}

static void hostile_bytes(void **state)
{
    struct random random = {7};

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        nothing_yet();
        a_machine();
        mutate(table, table_size, &random);
        entry_new(bios, TABLE);
        if (i % 3 == 0)
            mutate(bios, 32, &random);
        efi_tables(i & 1, 5, 0, BIOS);
        mutate(efi_system, sizeof(efi_system), &random);
        parse((struct efi_table){SYSTEM, i & 1});
        for (const char *p = (const char *)&names; p < (const char *)(&names + 1); p++)
            assert_true(*p == 0 || (*p >= ' ' && *p < 127) || *p == 'x');
        assert_non_null(memchr(names.firmware, 0, sizeof(names.firmware)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_bios),
        cmocka_unit_test(bad_entries_are_passed_over),
        cmocka_unit_test(by_uefis_table),
        cmocka_unit_test(a_wild_system_table),
        cmocka_unit_test(filler_is_no_name),
        cmocka_unit_test(a_board_has_a_maker),
        cmocka_unit_test(strings_are_what_one_can_read),
        cmocka_unit_test(what_lies_behind_the_end_counts_not),
        cmocka_unit_test(cut_tables),
        cmocka_unit_test(a_table_of_any_size_is_cut),
        cmocka_unit_test(hostile_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
