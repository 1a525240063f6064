/* The 16550 as the port of the log. */
#include "log/serial.h"

#include <stdint.h>

#include "log/log.h"
#include "log/uart.h"

/* A port read takes about 1 us on a PC; 16 bytes take 1.4 ms at 115200 baud, and 17 ms at 9600. */
#define READY_SPINS 50000u

static bool stuck;    /* a wait ran out: look once a byte until the port moves again */
static unsigned room; /* bytes the transmit FIFO takes before we must look again */

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
    room = UART_FIFO_BYTES;
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

bool serial_init(void)
{
    bool present;

    uart_write(UART_IER, 0);
    uart_write(UART_LCR, LCR_DLAB);
    uart_write(UART_DATA, 1); /* 115200 baud */
    uart_write(UART_IER, 0);
    uart_write(UART_LCR, LCR_8N1);
    uart_write(UART_FCR, FCR_ENABLE_AND_CLEAR);
    if (uart_read(UART_LSR) == 0xff)
        return false;
    uart_write(UART_MCR, MCR_LOOP | MCR_DTR_RTS_OUT2);
    present = answers_probe(0xa5) && answers_probe(0x5a);
    uart_write(UART_MCR, MCR_DTR_RTS_OUT2);
    if (present)
        log_set_port(send);
    return present;
}

void serial_flush(void)
{
    log_flush();
    wait_line_status(LSR_TEMT, READY_SPINS);
}
