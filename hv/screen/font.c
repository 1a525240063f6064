#include "screen/font.h"

#define BLANK ' '

const uint8_t *font_glyph(uint8_t code)
{
    const uint8_t(*glyph)[FONT_HEIGHT] = font_glyphs;

    for (const struct font_run *run = font_runs; run->first <= run->last; run++) {
        if (run->first <= code && code <= run->last)
            return glyph[code - run->first];
        glyph += run->last - run->first + 1;
    }
    return code == BLANK ? font_glyphs[0] : font_glyph(BLANK); /* there is a blank */
}

const uint8_t *font_small(char c)
{
    return c >= 'A' && c <= 'Z' ? font_capitals[c - 'A'] : font_glyph(BLANK);
}
