#include "log/uart_access.h"

uint8_t uart_in(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void uart_out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

uint32_t uart_load(const volatile void *at, unsigned width)
{
    if (width == 4)
        return *(const volatile uint32_t *)at;
    return width == 2 ? *(const volatile uint16_t *)at : *(const volatile uint8_t *)at;
}

void uart_store(volatile void *at, unsigned width, uint32_t value)
{
    if (width == 4)
        *(volatile uint32_t *)at = value;
    else if (width == 2)
        *(volatile uint16_t *)at = (uint16_t)value;
    else
        *(volatile uint8_t *)at = (uint8_t)value;
}
