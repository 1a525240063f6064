/* Registers of the first serial port, a 16550 at 0x3f8; names and bits from its data sheet (PC16550D). */
#ifndef LOG_UART_H
#define LOG_UART_H

#include <stdint.h>

enum uart_register {
    UART_DATA, /* divisor, low byte, while LCR_DLAB */
    UART_IER,  /* divisor, high byte, while LCR_DLAB */
    UART_FCR,
    UART_LCR,
    UART_MCR,
    UART_LSR
};

#define LCR_8N1              0x03u
#define LCR_DLAB             0x80u
#define MCR_DTR_RTS_OUT2     0x0bu
#define MCR_LOOP             0x10u
#define FCR_ENABLE_AND_CLEAR 0x07u
#define LSR_DATA             0x01u
#define LSR_THRE             0x20u
#define LSR_TEMT             0x40u
#define UART_FIFO_BYTES      16u

uint8_t uart_read(enum uart_register which);
void uart_write(enum uart_register which, uint8_t value);

#endif
