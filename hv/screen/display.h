/* The device behind the shadow screen: VGA text, a linear framebuffer, or none. */
#ifndef SCREEN_DISPLAY_H
#define SCREEN_DISPLAY_H

#include <stdbool.h>

#include "platform/loader/bootinfo.h"
#include "screen/shadow.h"

/*
 * By what the loader says; NULL: it said nothing, and a PC in text mode is taken for granted. False: there is
 * none; why is said in a line.
 */
bool display_find(const struct boot_info *boot, unsigned *columns, unsigned *rows);
/* After paging_init and traps_init_cpu: for good, a framebuffer write-combining, and cleared. */
void display_map(void);
bool display_has_pixels(void);

/*
 * Whether it can be written to now. Before display_map text is reached through the boot tables, and so is a
 * framebuffer, very slowly, for a panic; in between nothing is.
 */
bool display_reached(void);
/* The two only while it is reached. */
void display_draw(unsigned row, unsigned column, struct cell cell, const struct tile *tiles);
/* What was drawn is on its way. */
void display_flush(void);

#endif
