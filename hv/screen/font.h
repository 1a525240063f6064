/*
 * The font, from Debian's fonts-spleen by scripts/font when this is built: what the screen uses of code page
 * 437, 8x16, and capitals of 5x8 for big words. Pure.
 */
#ifndef SCREEN_FONT_H
#define SCREEN_FONT_H

#include <stdint.h>

#define FONT_WIDTH        8u
#define FONT_HEIGHT       16u
#define FONT_SMALL_WIDTH  5u
#define FONT_SMALL_HEIGHT 8u

/* Returns FONT_HEIGHT rows; the left pixel is bit 7. A code that the font lacks looks like a blank. */
const uint8_t *font_glyph(uint8_t code);
/* Returns FONT_SMALL_HEIGHT rows; the left pixel is bit 4. All but A to Z look like a blank. */
const uint8_t *font_small(char c);

/* As generated: runs of codes, up to one with first above last, and their glyphs in that order. */
struct font_run {
    uint8_t first, last;
};
extern const struct font_run font_runs[];
extern const uint8_t font_glyphs[][FONT_HEIGHT];
extern const uint8_t font_capitals[26][FONT_SMALL_HEIGHT];

#endif
