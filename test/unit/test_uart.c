/* sources: hv/log/serial.c hv/log/uart.c */
/* The log's port against a stand-in of a 16550, behind ports or in memory, with its stride and width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "log/log.h"
#include "log/serial.h"
#include "log/uart_access.h"

/* The stand-in: `base` is its first port, or its first byte in memory. */
static struct device {
    bool present, deaf, fifo, no_loop;
    unsigned stride, width;
    uint8_t ier, lcr, mcr, divisor[2], received;
    bool has_received;
    char sent[256];
    unsigned sent_count, writes, wrong;
} device;
static uint8_t memory[64];
static bool in_memory;

static log_port port;

void log_set_port(log_port found)
{
    port = found;
}

void log_flush(void)
{
}

static uint8_t read_register(unsigned at)
{
    if (!device.present)
        return 0xff;
    switch (at) {
    case 0: device.has_received = false; return device.received;
    case 2: return device.fifo ? 0xc1 : 0x01;
    case 5: return (uint8_t)((device.deaf ? 0 : 0x60) | (device.has_received ? 1 : 0));
    default: return 0;
    }
}

static void write_register(unsigned at, uint8_t value)
{
    device.writes++;
    if (!device.present)
        return;
    if (at < 2 && device.lcr & 0x80)
        device.divisor[at] = value;
    else if (at == 0 && device.mcr & 0x10 && !device.no_loop)
        device.received = value, device.has_received = true;
    else if (at == 0 && !(device.mcr & 0x10))
        device.sent[device.sent_count++ % sizeof device.sent] = (char)value;
    else if (at == 1)
        device.ier = value;
    else if (at == 3)
        device.lcr = value;
    else if (at == 4)
        device.mcr = value;
}

/* Counts what no register of it would take. */
static unsigned register_at(uint64_t offset, unsigned width)
{
    device.wrong += offset % device.stride || offset / device.stride > 7 || width != device.width;
    return (unsigned)(offset / device.stride);
}

uint8_t uart_in(uint16_t at)
{
    device.wrong += in_memory;
    return read_register(register_at(at - 0x3f8u, 1));
}

void uart_out(uint16_t at, uint8_t value)
{
    device.wrong += in_memory;
    write_register(register_at(at - 0x3f8u, 1), value);
}

uint32_t uart_load(const volatile void *at, unsigned width)
{
    device.wrong += !in_memory;
    return read_register(register_at((uint64_t)((const volatile uint8_t *)at - memory), width));
}

void uart_store(volatile void *at, unsigned width, uint32_t value)
{
    device.wrong += !in_memory;
    write_register(register_at((uint64_t)((volatile uint8_t *)at - memory), width), (uint8_t)value);
}

static struct uart begin(bool memory_space, unsigned stride, unsigned width, uint32_t baud)
{
    struct uart uart = {.place = uart_com(0, baud)};

    device = (struct device){.present = true, .fifo = true, .stride = stride, .width = width};
    device.divisor[0] = 12;
    in_memory = memory_space;
    port = NULL;
    if (memory_space) {
        uart.place =
            (struct uart_place){UART_MEMORY, 0xfe000000, (uint8_t)stride, (uint8_t)width, baud, 1843200};
        uart.registers = memory;
    }
    return uart;
}

/* serial_flush speaks to the port that is in use: each test begins with none that is another. */
static void takes(struct uart uart, uint16_t divisor)
{
    assert_true(serial_answers(&uart));
    serial_use(&uart);
    assert_non_null(port);
    for (unsigned i = 0; i < 3; i++)
        assert_true(port("ab\n"[i], true));
    assert_int_equal(device.sent_count, 4);
    assert_memory_equal(device.sent, "ab\r\n", 4);
    assert_int_equal(device.divisor[0] | device.divisor[1] << 8, divisor);
    assert_int_equal(device.lcr, 3);
    assert_int_equal(device.wrong, 0);
}

static void every_stride_and_width(void **state)
{
    static const struct {
        uint8_t stride, width;
    } shapes[] = {{1, 1}, {2, 1}, {2, 2}, {4, 1}, {4, 2}, {4, 4}, {8, 4}};

    (void)state;
    for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct uart uart = begin(true, shapes[i].stride, shapes[i].width, 9600);

        uart_mean(uart);
        takes(uart, 12);
        assert_true(serial_is_at(&uart.place));
    }
    struct uart com1 = begin(false, 1, 1, 115200);
    uart_mean(com1);
    takes(com1, 1);
}

static void rates(void **state)
{
    struct uart_place place = uart_com(0, 115200);

    (void)state;
    assert_int_equal(uart_divisor(&place), 1);
    place.baud = 1200;
    assert_int_equal(uart_divisor(&place), 96);
    place.clock_hz = 48000000;
    place.baud = 115200;
    assert_int_equal(uart_divisor(&place), 26);
    place.baud = 0; /* as it is set */
    assert_int_equal(uart_divisor(&place), 0);
    place.baud = 3000000; /* not by that clock */
    place.clock_hz = 1843200;
    assert_int_equal(uart_divisor(&place), 0);
    place.baud = 1;
    place.clock_hz = UINT32_MAX;
    assert_int_equal(uart_divisor(&place), 0);
    place.baud = UINT32_MAX;
    assert_int_equal(uart_divisor(&place), 0);
    place.baud = 9600;
    place.clock_hz = 0; /* nobody says which */
    assert_int_equal(uart_divisor(&place), 0);

    struct uart uart = begin(true, 4, 4, 0);
    uart_mean(uart);
    takes(uart, 12); /* what firmware set */
    uart = begin(true, 4, 4, 57600);
    uart_mean(uart);
    takes(uart, 2);
}

static void nothing_is_written_where_nothing_answers(void **state)
{
    struct uart uart = begin(true, 4, 4, 115200);

    (void)state;
    uart_mean(uart);
    device.present = false;
    assert_false(serial_answers(&uart));
    assert_int_equal(device.writes, 0);
    assert_null(port);
}

/* It has registers of a kind, and does not loop. Every wait ends, and the log's own port is meant again. */
static void another_device_is_no_uart(void **state)
{
    struct uart uart = begin(true, 1, 1, 115200), other = uart;

    (void)state;
    uart_mean(uart);
    device.no_loop = true;
    other.place.address = 0xfe001000;
    assert_false(serial_answers(&other));
    assert_int_equal(uart_mean(uart).place.address, 0xfe000000);
}

/* Without FIFOs it takes one byte at a time, so each is waited for. */
static void a_16450_is_not_overrun(void **state)
{
    struct uart uart = begin(false, 1, 1, 115200);

    (void)state;
    uart_mean(uart);
    device.fifo = false;
    serial_use(&uart);
    assert_true(port('a', true));
    device.deaf = true;
    assert_false(port('b', false));
    device.fifo = true;
    device.deaf = false;
    serial_use(&uart);
    assert_true(port('a', true));
    device.deaf = true;
    for (unsigned i = 1; i < 16; i++)
        assert_true(port('b', false));
    assert_false(port('c', false));
    assert_false(port('c', true)); /* after a bounded wait */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stride_and_width),
        cmocka_unit_test(rates),
        cmocka_unit_test(nothing_is_written_where_nothing_answers),
        cmocka_unit_test(another_device_is_no_uart),
        cmocka_unit_test(a_16450_is_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
