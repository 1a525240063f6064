/* A cell's pixels, rotated as the panel needs them. Pure. */
#ifndef SCREEN_PICTURE_H
#define SCREEN_PICTURE_H

#include "platform/loader/options.h"
#include "screen/shadow.h"

/*
 * A cell as the panel has it, row by row, 4 bits a pixel, the left one lowest: 16 rows of 8 pixels, or 8 rows
 * of 16.
 */
struct picture {
    uint64_t rows[TILE_HEIGHT];
    unsigned width, height;
};

/* `tiles` may be NULL: tiles are drawn as blanks then. */
void picture_of(enum rotation rotation, struct cell cell, const struct tile *tiles, struct picture *out);

#endif
