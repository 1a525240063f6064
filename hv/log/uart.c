#include "log/uart.h"

#include "log/uart_access.h"

static const uint16_t com_ports[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};

static struct uart meant = {.place = {.address = 0x3f8, .stride = 1, .width = 1}};

struct uart_place uart_com(unsigned number, uint32_t baud)
{
    return (struct uart_place){
        .space = UART_PORTS,
        .address = com_ports[number % 4],
        .stride = 1,
        .width = 1,
        .baud = baud,
        .clock_hz = UART_CLOCK_HZ,
    };
}

uint16_t uart_divisor(const struct uart_place *place)
{
    uint64_t a_step = 16ull * place->baud, divisor;

    if (place->baud == 0 || place->clock_hz == 0)
        return 0;
    divisor = (place->clock_hz + a_step / 2) / a_step;
    return divisor <= UINT16_MAX ? (uint16_t)divisor : 0;
}

struct uart uart_mean(struct uart uart)
{
    struct uart before = meant;

    meant = uart;
    return before;
}

uint8_t uart_read(enum uart_register which)
{
    unsigned at = (unsigned)which * meant.place.stride;

    if (meant.registers)
        return (uint8_t)uart_load((volatile uint8_t *)meant.registers + at, meant.place.width);
    return uart_in((uint16_t)(meant.place.address + at));
}

void uart_write(enum uart_register which, uint8_t value)
{
    unsigned at = (unsigned)which * meant.place.stride;

    if (meant.registers)
        uart_store((volatile uint8_t *)meant.registers + at, meant.place.width, value);
    else
        uart_out((uint16_t)(meant.place.address + at), value);
}
