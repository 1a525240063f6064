/* VGA text, 80x25 at 0xb8000: a log sink that scrolls. */
#ifndef SCREEN_VGA_H
#define SCREEN_VGA_H
void vga_init(void); /* maps it, clears it, adds itself to the log; only when boot_info.vga_text */
#endif
