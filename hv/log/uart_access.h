/* How a UART's register is reached. hv/log is the ground and includes nothing of the CPU's room. */
#ifndef LOG_UART_ACCESS_H
#define LOG_UART_ACCESS_H

#include <stdint.h>

uint8_t uart_in(uint16_t port);
void uart_out(uint16_t port, uint8_t value);
/* `width`: 1, 2 or 4 bytes, all in one access. */
uint32_t uart_load(const volatile void *at, unsigned width);
void uart_store(volatile void *at, unsigned width, uint32_t value);

#endif
