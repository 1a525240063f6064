/* What console= takes: Linux's own words. Pure. */
#ifndef PLATFORM_CONSOLE_WORD_H
#define PLATFORM_CONSOLE_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "log/uart.h"

#define CONSOLE_WORD_MUST \
    "must be ttyS0 to ttyS3, or uart8250,io|mmio|mmio16|mmio32,0xADDRESS, then ,BAUD if not 115200"

/*
 * Reads `ttyS0` to `ttyS3`, or `uart8250,SPACE,0xADDRESS`, each with `,BAUD` behind it and with or without
 * Linux's `n8`. SPACE is io, mmio (registers of a byte), mmio16 or mmio32 (of so many bits each). Without a
 * rate ttySn gets 115200 baud, the other stays as it is set. Returns false, and leaves *out alone, if the
 * word is anything else.
 */
bool console_word(const char *at, size_t length, struct uart_place *out);

#endif
