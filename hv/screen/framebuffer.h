/*
 * A linear framebuffer: cells drawn by the font, or as tiles, with whole pixels for each of theirs. Pure: it
 * writes to the memory it is given.
 */
#ifndef SCREEN_FRAMEBUFFER_H
#define SCREEN_FRAMEBUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"
#include "screen/shadow.h"

#define FRAMEBUFFER_MOST_SCALE 12u

struct framebuffer {
    uint64_t address, bytes;       /* physical; from its first pixel to its last */
    uint32_t pitch, width, height; /* as the panel has them, however what is drawn is rotated */
    enum rotation rotation;        /* never ROTATE_BY_MACHINE */
    unsigned pixel_bytes;
    unsigned columns, rows, scale; /* cells, and pixels of the display for one of theirs */
    unsigned left, top;            /* where the first cell begins, for the reader: they are centred */
    uint32_t colours[16];
    uint8_t *base; /* where it is mapped; NULL: not yet */
};

/*
 * Fills in all but `base`. Returns NULL, or what is wrong with what the loader said, as a sentence's end
 * ("has an impossible size").
 */
const char *framebuffer_plan(const struct boot_info *boot, enum rotation rotation, struct framebuffer *out);

/* This and framebuffer_draw need `base`. */
void framebuffer_clear(const struct framebuffer *to);
/* The cell must be inside; `tiles` may be NULL: tiles are drawn as blanks then. */
void framebuffer_draw(const struct framebuffer *to, unsigned row, unsigned column, struct cell cell,
                      const struct tile *tiles);

#endif
