/*
 * The display, whatever it is: VGA text, a linear framebuffer, or none. Until system time runs, the log
 * scrolls on it and is drawn at once. From then on it is painted and drawn in short slices by whichever
 * CPU comes by with time to spare, never by one that is about to keep time. A panic takes it whole, at
 * once.
 */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"
#include "screen/shadow.h"

/*
 * Chooses the display and shows on it what the log said so far, as far as the boot tables reach it. `boot`
 * NULL: nothing is known; a PC in text mode is taken for granted. On the boot CPU, before paging_init.
 */
void screen_init(const struct boot_info *boot, const struct options *options);
/* After paging_init and traps_init_cpu: maps it for good, a framebuffer write-combining; draws it all. */
void screen_map(void);

/*
 * Once, on the boot CPU, when system time runs: the log is no longer drawn at once. `waits` is asked on
 * the CPU that is about to draw: it returns true while drawing there holds up a guest. NULL: nothing does.
 */
void screen_start(bool (*waits)(void));
/* On every other CPU when system time runs there: it takes its turn at drawing. */
void screen_start_cpu(void);

/* NULL: there is no display. Only the painter may change it. */
struct shadow *screen_shadow(void);
/*
 * paint() is called before drawing, at most four times a second, on the CPU that draws, interrupts off,
 * never by two at once; it should take at most 100 us (a large screen may be painted in parts). Without
 * one the log's end is shown.
 */
void screen_set_painter(void (*paint)(struct shadow *shadow));
/* For the painter: the log's last lines there, but for those that are for programs (@). */
void screen_console(struct shadow *shadow, unsigned row, unsigned rows);

#endif
