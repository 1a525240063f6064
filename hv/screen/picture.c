#include "screen/picture.h"

#include "screen/font.h"

/* Returns the colours of a glyph's row as a tile's row has them: 4 bits a pixel, the left one lowest. */
static uint32_t colours_of(uint8_t bits, uint8_t attribute)
{
    uint32_t fore = attribute & 0xf, back = attribute >> 4, row = 0;

    for (unsigned x = 0; x < FONT_WIDTH; x++)
        row |= (bits >> (FONT_WIDTH - 1 - x) & 1 ? fore : back) << 4 * x;
    return row;
}

/* The cell's rows for its reader. */
static void upright_rows(struct cell cell, const struct tile *tiles, uint32_t out[FONT_HEIGHT])
{
    unsigned number = cell.glyph - SHADOW_TILE;
    const uint8_t *glyph = font_glyph(cell.glyph < SHADOW_TILE ? (uint8_t)cell.glyph : ' ');
    bool is_tile = tiles && cell.glyph >= SHADOW_TILE && number < TILES;

    for (unsigned y = 0; y < FONT_HEIGHT; y++) {
        if (is_tile)
            __builtin_memcpy(&out[y], tiles[number].pixels + y * sizeof(out[y]), sizeof(out[y]));
        else
            out[y] = colours_of(glyph[y], cell.attribute);
    }
}

/* Returns the colour at x, y of what the reader sees. */
static uint64_t colour_at(const uint32_t upright[FONT_HEIGHT], unsigned x, unsigned y)
{
    return upright[y] >> 4 * x & 0xf;
}

void picture_of(enum rotation rotation, struct cell cell, const struct tile *tiles, struct picture *out)
{
    const unsigned right = FONT_WIDTH - 1, bottom = FONT_HEIGHT - 1;
    bool side = rotation == ROTATE_90 || rotation == ROTATE_270;
    uint32_t upright[FONT_HEIGHT];

    upright_rows(cell, tiles, upright);
    out->width = side ? FONT_HEIGHT : FONT_WIDTH;
    out->height = side ? FONT_WIDTH : FONT_HEIGHT;
    for (unsigned y = 0; y < out->height; y++) {
        out->rows[y] = rotation == ROTATE_0 ? upright[y] : 0;
        for (unsigned x = 0; rotation != ROTATE_0 && x < out->width; x++)
            out->rows[y] |= (rotation == ROTATE_90    ? colour_at(upright, y, bottom - x)
                             : rotation == ROTATE_180 ? colour_at(upright, right - x, bottom - y)
                                                      : colour_at(upright, right - y, x))
                            << 4 * x;
    }
}
