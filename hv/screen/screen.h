/*
 * The display, whatever it is: VGA text, a linear framebuffer, or none. Until system time runs, the log
 * scrolls on it and is drawn at once. From then on the CPUs paint and draw it in short portions, one CPU
 * after the other; a CPU that is about to keep time leaves its portion out. A panic draws all of it at once.
 */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"
#include "screen/shadow.h"

/*
 * Chooses the display and shows on it what the log said so far, as far as the boot tables reach it. `boot`
 * may be NULL: then a PC in text mode is taken for granted. On the boot CPU, before paging_init.
 */
void screen_init(const struct boot_info *boot, const struct options *options);
/*
 * Maps it for good, a framebuffer write-combining, and draws all of it. After paging_init and traps_init_cpu.
 */
void screen_map(void);
/*
 * Rotates what is drawn, where the machine is known to have its panel on its side, and the command line says
 * nothing of it. After screen_map, once the machine's names are known.
 */
void screen_rotate_for(const struct boot_info *boot, const struct options *options);

/*
 * Ends drawing at once, and lets this CPU draw in portions. Once, on the boot CPU, when system time runs.
 * `waits` is asked on the CPU that is about to draw: it returns true while a guest waits for that CPU. It may
 * be NULL where there are no guests.
 */
void screen_start(bool (*waits)(void));
/* Lets this CPU draw in portions. On every other CPU when system time runs there. */
void screen_start_cpu(void);

/* Returns the shadow, which only the painter may change; NULL where there is no display. */
struct shadow *screen_shadow(void);
/*
 * Sets what paints the shadow; until then the log's last lines are shown. paint() is called before drawing,
 * at most four times a second, on the CPU that draws, interrupts off, never on two CPUs at once. It should
 * take at most 100 us: a large screen may be painted in parts.
 */
void screen_set_painter(void (*paint)(struct shadow *shadow));
/* Paints and draws all of it, where no time runs. On the boot CPU. */
void screen_draw_at_once(void (*paint)(struct shadow *shadow));
/* Shows the log's last lines there, without those for programs (@). For the painter. */
void screen_console(struct shadow *shadow, unsigned row, unsigned rows);

#endif
