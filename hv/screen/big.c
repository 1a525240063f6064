#include "screen/big.h"

#include "screen/font.h"
#include "screen/half.h"

unsigned big_columns(unsigned letters, unsigned scale)
{
    return letters * FONT_SMALL_WIDTH * scale;
}

unsigned big_rows(unsigned scale)
{
    return FONT_SMALL_HEIGHT / 2 * scale;
}

static uint8_t dot(const uint8_t *glyph, unsigned x, unsigned y, enum colour colour)
{
    return glyph[y] >> (FONT_SMALL_WIDTH - 1 - x) & 1 ? (uint8_t)colour : BLACK;
}

void big_text(struct shadow *shadow, unsigned row, unsigned column, unsigned scale, enum colour colour,
              const char *text)
{
    for (unsigned letter = 0; text[letter]; letter++) {
        const uint8_t *glyph = font_small(text[letter]);

        for (unsigned r = 0; r < big_rows(scale); r++)
            for (unsigned c = 0; c < big_columns(1, scale); c++)
                half_put(shadow, row + r, column + big_columns(letter, scale) + c,
                         dot(glyph, c / scale, 2 * r / scale, colour),
                         dot(glyph, c / scale, (2 * r + 1) / scale, colour));
    }
}
