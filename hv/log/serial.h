/*
 * The first serial port, a 16550 at 0x3f8, 115200 8n1: a log sink. Every wait for the transmitter is bounded.
 */
#ifndef LOG_SERIAL_H
#define LOG_SERIAL_H
#include <stdbool.h>
bool serial_init(void);  /* loop-back test first; false, and no sink, where no port answers */
void serial_flush(void); /* until the shift register is empty, bounded */
#endif
