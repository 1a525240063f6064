/* The 16550 as the port of the log. */
#include "log/serial.h"

#include <stdint.h>

#include "log/log.h"
#include "log/uart.h"

/* A port read takes about 1 us on a PC; 16 bytes take 1.4 ms at 115200 baud, and 17 ms at 9600. */
#define READY_SPINS 50000u

#define USUAL_BAUD 115200u

static bool stuck;               /* a wait ran out: look once a byte until the port moves again */
static unsigned room;            /* bytes the transmitter takes before we must look again */
static unsigned fifo_bytes = 1;  /* those that it takes when it is empty */
static struct uart_place in_use; /* no stride: none is */

static bool wait_line_status(uint8_t bits, uint32_t spins)
{
    for (; spins; spins--)
        if ((uart_read(UART_LSR) & bits) == bits)
            return true;
    return false;
}

/* Returns false while the FIFO is not empty: only then is it known how much it takes. */
static bool has_room(bool wait)
{
    if (room)
        return true;
    if (!wait_line_status(LSR_THRE, wait && !stuck ? READY_SPINS : 1)) {
        stuck = stuck || wait;
        return false;
    }
    stuck = false;
    room = fifo_bytes;
    return true;
}

static bool send_byte(char byte, bool wait)
{
    if (!has_room(wait))
        return false;
    room--;
    uart_write(UART_DATA, (uint8_t)byte);
    return true;
}

/* An end of line is two bytes here. */
static bool send(char byte, bool wait)
{
    static bool returned;

    if (byte == '\n' && !returned)
        returned = send_byte('\r', wait);
    if ((byte == '\n' && !returned && !wait) || !send_byte(byte, wait))
        return false;
    returned = false;
    return true;
}

/* What goes out in loop-back mode must come in again; an empty bus reads 0xff or 0. */
static bool answers_probe(uint8_t probe)
{
    uart_write(UART_DATA, probe);
    return wait_line_status(LSR_DATA, READY_SPINS) && uart_read(UART_DATA) == probe;
}

static void empty(void)
{
    if (!in_use.stride)
        return;
    log_flush();
    wait_line_status(LSR_TEMT, READY_SPINS);
}

static void set_up(const struct uart_place *place)
{
    uint16_t divisor = uart_divisor(place);

    uart_write(UART_IER, 0);
    if (divisor) {
        uart_write(UART_LCR, LCR_DLAB);
        uart_write(UART_DATA, divisor & 0xff);
        uart_write(UART_IER, (uint8_t)(divisor >> 8));
    }
    uart_write(UART_LCR, LCR_8N1);
    uart_write(UART_FCR, FCR_ENABLE_AND_CLEAR);
}

/* Nothing is written where nothing answers: it may be another device's place. */
static bool answers(const struct uart_place *place)
{
    bool present;

    if (uart_read(UART_LSR) == 0xff)
        return false;
    set_up(place);
    uart_write(UART_MCR, MCR_LOOP | MCR_DTR_RTS_OUT2);
    present = answers_probe(0xa5) && answers_probe(0x5a);
    uart_write(UART_MCR, MCR_DTR_RTS_OUT2);
    return present;
}

bool serial_answers(const struct uart *uart)
{
    struct uart before;
    bool present;

    empty();
    before = uart_mean(*uart);
    present = answers(&uart->place);
    uart_mean(before);
    return present;
}

void serial_use(const struct uart *uart)
{
    empty();
    uart_mean(*uart);
    stuck = false;
    room = 0;
    fifo_bytes = (uart_read(UART_FCR) & IIR_FIFO) == IIR_FIFO ? UART_FIFO_BYTES : 1;
    in_use = uart->place;
    log_set_port(send);
}

bool serial_in_use(void)
{
    return in_use.stride;
}

bool serial_is_at(const struct uart_place *place)
{
    return in_use.stride && place->space == in_use.space && place->address == in_use.address &&
           (place->baud == 0 || place->baud == in_use.baud);
}

void serial_init(void)
{
    struct uart com1 = {.place = uart_com(0, USUAL_BAUD)};

    if (serial_answers(&com1))
        serial_use(&com1);
}

void serial_flush(void)
{
    empty();
}
