/* sources: hv/platform/firmware/acpi.c hv/platform/firmware/acpi_madt.c hv/platform/firmware/acpi_fixed.c hv/platform/firmware/acpi_console.c hv/platform/firmware/aml_s5.c hv/platform/firmware/common.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "acpi_build.h"

/* Puts those two into the XSDT, in that order; 0: none. */
static void read_with(uint64_t first, uint64_t second)
{
    build_root();
    put64(xsdt + 36, first ? first : FADT);
    put64(xsdt + 44, second ? second : MADT);
    seal(xsdt, xsdt_size);
    parse();
}

static void read_spcr(void)
{
    seal(spcr, sizeof(spcr));
    read_with(SPCR, 0);
    assert_string_equal(machine.console.table, "SPCR");
}

static void place_is(unsigned space, uint64_t address, unsigned stride, unsigned width, uint32_t baud)
{
    assert_null(machine.console.wrong);
    assert_int_equal(machine.console.place.space, space);
    assert_int_equal(machine.console.place.address, address);
    assert_int_equal(machine.console.place.stride, stride);
    assert_int_equal(machine.console.place.width, width);
    assert_int_equal(machine.console.place.baud, baud);
}

/* What Linux's reader (drivers/acpi/spcr.c) makes of the same table: iotype by access width, rate by code. */
static void as_linux_reads_it(void **state)
{
    static const struct {
        uint8_t space, access, code;
        unsigned our_space, bytes;
        uint32_t baud;
    } rows[] = {
        {1, 1, 7, UART_PORTS, 1, 115200},  {1, 3, 6, UART_PORTS, 1, 57600},
        {0, 1, 4, UART_MEMORY, 1, 19200},  {0, 2, 3, UART_MEMORY, 2, 9600},
        {0, 3, 7, UART_MEMORY, 4, 115200}, {0, 0, 7, UART_MEMORY, 1, 115200},
        {0, 3, 0, UART_MEMORY, 4, 0},
    };

    (void)state;
    build();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t address = rows[i].space ? 0x2f8 : 0xfedc9000;

        memcpy(spcr + 40, (const uint8_t[]){rows[i].space, 8, 0, rows[i].access}, 4);
        put64(spcr + 44, address);
        spcr[58] = rows[i].code;
        read_spcr();
        place_is(rows[i].our_space, address, rows[i].bytes, rows[i].bytes, rows[i].baud);
    }
}

static void later_revisions_say_more(void **state)
{
    (void)state;
    build();
    memcpy(spcr + 40, (const uint8_t[]){0, 32, 0, 3}, 4);
    put64(spcr + 44, 0xfedc9000);
    put32(spcr + 76, 48000000);
    put32(spcr + 80, 1500000);
    spcr[8] = 2;
    read_spcr();
    place_is(UART_MEMORY, 0xfedc9000, 4, 4, 115200);
    assert_int_equal(machine.console.place.clock_hz, 0); /* of one in memory nobody knows it */
    spcr[8] = 3;
    read_spcr();
    assert_int_equal(machine.console.place.baud, 115200);
    assert_int_equal(machine.console.place.clock_hz, 48000000);
    spcr[8] = 4;
    read_spcr();
    assert_int_equal(machine.console.place.baud, 1500000);
    put32(spcr + 80, 0);
    read_spcr();
    assert_int_equal(machine.console.place.baud, 115200);
    /* This kind takes the stride from the address's bit width. */
    spcr[36] = 0x12;
    memcpy(spcr + 40, (const uint8_t[]){0, 32, 0, 1}, 4);
    read_spcr();
    place_is(UART_MEMORY, 0xfedc9000, 4, 1, 115200);
    /* Revision 1's type 1 is a 16450. */
    spcr[36] = 1;
    spcr[8] = 1;
    read_spcr();
    assert_null(machine.console.wrong);
}

static const char *wrong_with(unsigned at, uint8_t value)
{
    uint8_t before = spcr[at];
    const char *wrong;

    spcr[at] = value;
    read_spcr();
    wrong = machine.console.wrong;
    spcr[at] = before;
    return wrong ? wrong : "";
}

static void what_cannot_be_used_is_named(void **state)
{
    (void)state;
    build();
    assert_string_equal(wrong_with(36, 3), "names a port that is no 16550");
    assert_string_equal(wrong_with(40, 2), "names a port that is neither in I/O nor in memory");
    assert_string_equal(wrong_with(46, 1), "names a port that cannot be"); /* 0x102f8 */
    assert_string_equal(wrong_with(45, 0), "names a port that cannot be"); /* 0xf8 */
    assert_string_equal(wrong_with(40, 0), "");                            /* in memory, then */
    put64(spcr + 44, 0);
    assert_string_equal(wrong_with(58, 7), "says that there is no console");
    memcpy(spcr + 40, (const uint8_t[]){0, 8, 0, 3}, 4);
    put64(spcr + 44, 0xfe000002);
    assert_string_equal(wrong_with(58, 7), "names a port that cannot be"); /* 4 bytes that are not aligned */
    put64(spcr + 44, UINT64_MAX - 3);
    assert_string_equal(wrong_with(58, 7), "names a port that cannot be");
    put64(spcr + 44, 0xfe000000);
    assert_string_equal(wrong_with(43, 4), "names a port that cannot be"); /* 8 bytes */
    assert_string_equal(wrong_with(43, 255), "names a port that cannot be");
    spcr[36] = 0x12;
    assert_string_equal(wrong_with(41, 8), "names a port that cannot be"); /* 4 bytes, one apart */
    spcr[36] = 0;
    put32(spcr + 64, 0x1b360002);
    spcr[69] = 4;
    assert_string_equal(wrong_with(58, 7), "");
    assert_true(machine.console.pci.named);
    assert_int_equal(machine.console.pci.vendor, 0x1b36);
    assert_int_equal(machine.console.pci.device, 2);
    assert_int_equal(machine.console.pci.slot, 4);
    assert_string_equal(wrong_with(69, 32), "names a PCI device that cannot be");
    assert_string_equal(wrong_with(70, 8), "names a PCI device that cannot be");
    assert_string_equal(wrong_with(75, 1), "names a PCI device that cannot be");
    put32(spcr + 64, 0);
    assert_string_equal(wrong_with(75, 1), "");
    assert_false(machine.console.pci.named);
}

static void a_debuggers_port_counts_where_there_is_no_spcr(void **state)
{
    (void)state;
    build();
    read_with(DBG2, 0);
    assert_string_equal(machine.console.table, "DBG2");
    place_is(UART_PORTS, 0x3e8, 1, 1, 0);
    read_with(DBG2, SPCR);
    place_is(UART_PORTS, 0x2f8, 1, 1, 115200);
    read_with(SPCR, DBG2);
    place_is(UART_PORTS, 0x2f8, 1, 1, 115200);
    spcr[9] ^= 1; /* damaged: it is as if there were none */
    read_with(SPCR, DBG2);
    assert_string_equal(machine.console.table, "DBG2");
    read_with(0, 0);
    assert_null(machine.console.table);
}

/* A length, an offset or a count that lies leads nowhere. */
static void a_wild_dbg2(void **state)
{
    static const struct {
        unsigned at;
        uint32_t value;
    } lies[] = {{36, 0}, {36, 89}, {36, 0xffffffff}, {44 + 1, 0x800000}, {44 + 1, 0x800047}, {40, 0}};

    (void)state;
    for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        build();
        put32(dbg2 + lies[i].at, lies[i].value);
        seal(dbg2, sizeof(dbg2));
        read_with(DBG2, 0);
        assert_null(machine.console.table);
    }
    build();
    put16(dbg2 + 44 + 18, 35); /* the address would end behind its device */
    seal(dbg2, sizeof(dbg2));
    read_with(DBG2, 0);
    assert_null(machine.console.table);
    assert_int_equal(machine.bad_tables, 1);
    build();
    put16(dbg2 + 44 + 12, 0x8001); /* IEEE 1394 */
    seal(dbg2, sizeof(dbg2));
    read_with(DBG2, 0);
    assert_null(machine.console.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_linux_reads_it),
        cmocka_unit_test(later_revisions_say_more),
        cmocka_unit_test(what_cannot_be_used_is_named),
        cmocka_unit_test(a_debuggers_port_counts_where_there_is_no_spcr),
        cmocka_unit_test(a_wild_dbg2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
