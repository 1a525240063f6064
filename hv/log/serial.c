/* The 16550 as a sink of the log. */
#include "log/serial.h"

#include <stddef.h>
#include <stdint.h>

#include "log/log.h"
#include "log/uart.h"

/* A port read takes about 1 us on a PC; 16 bytes at 115200 baud take 1.4 ms. */
#define READY_SPINS 50000u

static bool stuck;    /* the last wait ran out: look once a byte until the port moves again */
static unsigned room; /* bytes the transmit FIFO takes before we must look again */

static bool wait_line_status(uint8_t bits, uint32_t spins)
{
    for (; spins; spins--)
        if ((uart_read(UART_LSR) & bits) == bits)
            return true;
    return false;
}

static void send_byte(char c)
{
    if (room == 0) {
        stuck = !wait_line_status(LSR_THRE, stuck ? 1 : READY_SPINS);
        if (stuck)
            return; /* the byte is lost; the machine goes on */
        room = UART_FIFO_BYTES;
    }
    room--;
    uart_write(UART_DATA, (uint8_t)c);
}

static void serial_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            send_byte('\r');
        send_byte(text[i]);
    }
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
    return present && log_add_sink(serial_write);
}

void serial_flush(void)
{
    wait_line_status(LSR_TEMT, READY_SPINS);
}
