/* VGA text, 80x25 at 0xb8000: a log sink that scrolls. */
#ifndef SCREEN_VGA_H
#define SCREEN_VGA_H

/* Clears it and adds it to the log, while the boot tables are in use: for what goes wrong before vga_init. */
void vga_init_early(void);
/* Maps it for good. What was said since the page tables were changed is drawn now. */
void vga_init(void);

#endif
