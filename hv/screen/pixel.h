/* A colour as a display wants it. Pure. */
#ifndef SCREEN_PIXEL_H
#define SCREEN_PIXEL_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/loader/bootinfo.h"

/* Returns the bytes that a pixel takes: 2 to 4 for 15, 16, 24 and 32 bits; 0 for any other depth. */
unsigned pixel_bytes(unsigned bits);
/* Returns whether red, green and blue each have bits of their own within a pixel of so many bits. */
bool pixel_fields_fit(const struct boot_field fields[3], unsigned bits);
/* Returns one of the PC's sixteen colours (enum colour) as a pixel, in the low bytes; the fields must fit. */
uint32_t pixel_of(const struct boot_field fields[3], unsigned colour);

#endif
