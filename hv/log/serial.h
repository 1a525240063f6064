/*
 * The first serial port, a 16550 at 0x3f8, 115200 8n1: the log's port. Every wait for the transmitter is
 * bounded.
 */
#ifndef LOG_SERIAL_H
#define LOG_SERIAL_H

#include <stdbool.h>

/* Tries the port in loop-back mode first. Returns false, and gives the log no port, where none answers. */
bool serial_init(void);
/* Empties the log, and waits, bounded, until the last byte has left. */
void serial_flush(void);

#endif
