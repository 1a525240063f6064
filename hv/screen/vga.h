/* VGA text, 80x25 at 0xb8000: cells as they are. */
#ifndef SCREEN_VGA_H
#define SCREEN_VGA_H

#include <stdbool.h>

#include "screen/shadow.h"

#define VGA_COLUMNS 80u
#define VGA_ROWS    25u

/* No cursor any more. */
void vga_init(void);
/* Maps it for good; until then it is reached through the boot tables. */
void vga_map(void);
/* Whether it can be written to now: the boot tables go before it is mapped. */
bool vga_reached(void);
void vga_draw(unsigned row, unsigned column, struct cell cell);

#endif
