/*
 * Registers of the log's serial port, a 16550 behind ports or in memory; names and bits from its data sheet
 * (PC16550D).
 */
#ifndef LOG_UART_H
#define LOG_UART_H

#include <stdint.h>

enum uart_register {
    UART_DATA, /* divisor, low byte, while LCR_DLAB */
    UART_IER,  /* divisor, high byte, while LCR_DLAB */
    UART_FCR,  /* read: the interrupt identification, IIR */
    UART_LCR,
    UART_MCR,
    UART_LSR
};
#define UART_REGISTERS 8u

#define LCR_8N1              0x03u
#define LCR_DLAB             0x80u
#define MCR_DTR_RTS_OUT2     0x0bu
#define MCR_LOOP             0x10u
#define FCR_ENABLE_AND_CLEAR 0x07u
#define IIR_FIFO             0xc0u /* both: it has FIFOs, and they work */
#define LSR_DATA             0x01u
#define LSR_THRE             0x20u
#define LSR_TEMT             0x40u
#define UART_FIFO_BYTES      16u

#define UART_CLOCK_HZ 1843200u /* a PC's: 16 times 115200 baud */

/* Where a UART is, and how it is spoken to. Of ports both `stride` and `width` are 1. */
struct uart_place {
    enum { UART_PORTS, UART_MEMORY } space;
    uint64_t address;  /* the first port, or the physical address */
    uint8_t stride;    /* bytes from one register to the next */
    uint8_t width;     /* bytes of an access: 1, 2 or 4 */
    uint32_t baud;     /* as it is set, where it is 0 */
    uint32_t clock_hz; /* 16 times the highest rate; 0 where nobody says */
};

struct uart {
    struct uart_place place;
    volatile void *registers; /* where they are mapped; NULL: they are ports */
};

/* Returns a PC's port, by number: COM1 is 0, COM4 is 3. */
struct uart_place uart_com(unsigned number, uint32_t baud);
/* Returns the divisor for the place's rate; 0 where it is to stay as it is, or where there is none. */
uint16_t uart_divisor(const struct uart_place *place);

/* Returns the UART that the two below meant so far, COM1 at first; from now on they mean this one. */
struct uart uart_mean(struct uart uart);
uint8_t uart_read(enum uart_register which);
void uart_write(enum uart_register which, uint8_t value);

#endif
