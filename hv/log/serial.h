/*
 * The log's port, a 16550: COM1 at first, 115200 8n1, where it answers. Every wait for the transmitter is
 * bounded.
 */
#ifndef LOG_SERIAL_H
#define LOG_SERIAL_H

#include <stdbool.h>

#include "log/uart.h"

/* Gives the log COM1 as its port, if that answers. */
void serial_init(void);
/* Returns true if the log has a port. */
bool serial_in_use(void);
/* Returns true if that is it, at its rate; a rate of 0 is any. */
bool serial_is_at(const struct uart_place *place);
/*
 * Sets a UART up and tries it in loop-back mode; returns false where none answers, and writes nothing where
 * the line status reads 0xff. The log stays at its port. Before the other CPUs run; so serial_use.
 */
bool serial_answers(const struct uart *uart);
/* Moves the log to a UART that answers: what was said so far goes there too. */
void serial_use(const struct uart *uart);
/* Empties the log, and waits, bounded, until the last byte has left. */
void serial_flush(void);

#endif
