/* The device behind the shadow screen: VGA text, a linear framebuffer, or none. */
#ifndef SCREEN_DISPLAY_H
#define SCREEN_DISPLAY_H

#include <stdbool.h>

#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"
#include "screen/shadow.h"

/*
 * Finds the display by what the loader says. `boot` may be NULL: then a PC in text mode is taken for granted.
 * Returns false, and says why in a line, if there is none.
 */
bool display_find(const struct boot_info *boot, enum rotation rotation, unsigned *columns, unsigned *rows);
/*
 * Rotates a framebuffer that is mapped, and clears it: then nothing may be drawn, and so nothing said, until
 * the shadow has its new size. Returns false where it stays as it is, and says why if it had to.
 */
bool display_rotate(const struct boot_info *boot, enum rotation rotation, unsigned *columns, unsigned *rows);
/* Maps it for good, a framebuffer write-combining, and clears that. After paging_init and traps_init_cpu. */
void display_map(void);
bool display_has_pixels(void);

/*
 * Returns true while it can be written to. Before display_map, text is reached through the boot tables; so is
 * a framebuffer, very slowly, for a panic. Between the end of the boot tables and display_map nothing is
 * reached.
 */
bool display_reached(void);
/* Draws one cell. Only while the display is reached; so display_flush. */
void display_draw(unsigned row, unsigned column, struct cell cell, const struct tile *tiles);
/* Sends off what was drawn. */
void display_flush(void);

#endif
