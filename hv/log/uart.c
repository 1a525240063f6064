/* hv/log is the ground and includes nothing of the CPU's room: its own two port instructions. */
#include "log/uart.h"

#define COM1 0x3f8u

uint8_t uart_read(enum uart_register which)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"((uint16_t)(COM1 + which)));
    return value;
}

void uart_write(enum uart_register which, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"((uint16_t)(COM1 + which)) : "memory");
}
