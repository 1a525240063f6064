/* The 16550 UART at its usual place; register names and bits from its data sheet (PC16550D). */
#include "log/serial.h"

#include <stddef.h>
#include <stdint.h>

#include "log/log.h"

#define COM1 0x3f8u
#define DATA (COM1 + 0u) /* divisor, low byte, while LCR_DLAB */
#define IER  (COM1 + 1u) /* divisor, high byte, while LCR_DLAB */
#define FCR  (COM1 + 2u)
#define LCR  (COM1 + 3u)
#define MCR  (COM1 + 4u)
#define LSR  (COM1 + 5u)

#define LCR_8N1              0x03u
#define LCR_DLAB             0x80u
#define MCR_DTR_RTS_OUT2     0x0bu
#define MCR_LOOP             0x10u
#define FCR_ENABLE_AND_CLEAR 0x07u
#define LSR_DATA             0x01u
#define LSR_THRE             0x20u
#define LSR_TEMT             0x40u
#define FIFO_BYTES           16u

/* A port read takes about 1 us on a PC; 16 bytes at 115200 baud take 1.4 ms. */
#define READY_SPINS 50000u

static bool stuck;    /* the last wait ran out: look once a byte until the port moves again */
static unsigned room; /* bytes the transmit FIFO takes before we must look again */

/* hv/log is the ground and includes nothing of the CPU's room: its own two port instructions. */
static uint8_t port_in(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void port_out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static bool wait_line_status(uint8_t bits, uint32_t spins)
{
    for (; spins; spins--)
        if ((port_in(LSR) & bits) == bits)
            return true;
    return false;
}

static void send_byte(char c)
{
    if (room == 0) {
        stuck = !wait_line_status(LSR_THRE, stuck ? 1 : READY_SPINS);
        if (stuck)
            return; /* the byte is lost; the machine goes on */
        room = FIFO_BYTES;
    }
    room--;
    port_out(DATA, (uint8_t)c);
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
    port_out(DATA, probe);
    return wait_line_status(LSR_DATA, READY_SPINS) && port_in(DATA) == probe;
}

bool serial_init(void)
{
    bool present;

    port_out(IER, 0);
    port_out(LCR, LCR_DLAB);
    port_out(DATA, 1); /* 115200 baud */
    port_out(IER, 0);
    port_out(LCR, LCR_8N1);
    port_out(FCR, FCR_ENABLE_AND_CLEAR);
    if (port_in(LSR) == 0xff)
        return false;
    port_out(MCR, MCR_LOOP | MCR_DTR_RTS_OUT2);
    present = answers_probe(0xa5) && answers_probe(0x5a);
    port_out(MCR, MCR_DTR_RTS_OUT2);
    return present && log_add_sink(serial_write);
}

void serial_flush(void)
{
    wait_line_status(LSR_TEMT, READY_SPINS);
}
