/*
 * The shadow screen: what should be seen, as cells of text, whatever the display is. Pure. Everything that
 * appears goes through it; a device (vga.c, framebuffer.c) copies out the cells that changed.
 *
 * A glyph below 256 is a character of code page 437, on every display. From SHADOW_TILE on it is a tile: a
 * small picture of its own for a plot, on displays that have pixels (shadow.tiles not NULL).
 */
#ifndef SCREEN_SHADOW_H
#define SCREEN_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#define SHADOW_MAX_COLUMNS 240u
#define SHADOW_MAX_ROWS    90u
#define SHADOW_TILE        256u
#define TILE_WIDTH         8u
#define TILE_HEIGHT        16u
#define TILES              5120u

/* Code page 437's blocks. */
#define UPPER_HALF 0xdfu
#define LOWER_HALF 0xdcu
#define FULL_BLOCK 0xdbu

/* The PC's sixteen colours; an attribute is background << 4 | foreground. */
enum colour {
    BLACK,
    BLUE,
    GREEN,
    CYAN,
    RED,
    MAGENTA,
    BROWN,
    LIGHT_GREY,
    DARK_GREY,
    LIGHT_BLUE,
    LIGHT_GREEN,
    LIGHT_CYAN,
    LIGHT_RED,
    LIGHT_MAGENTA,
    YELLOW,
    WHITE
};
#define ATTRIBUTE(fore, back) ((uint8_t)((back) << 4 | (fore)))

struct cell {
    uint16_t glyph;
    uint8_t attribute;
};

/* A colour (4 bits) a pixel, row by row, the left pixel in the low half of a byte. */
struct tile {
    uint8_t pixels[TILE_WIDTH / 2 * TILE_HEIGHT];
};

struct shadow {
    unsigned columns, rows; /* at most the two above */
    struct cell *cells;     /* what should be there; rows * columns are in use */
    bool *changed;          /* and not drawn yet, */
    unsigned pending;       /* so many of them */
    struct tile *tiles;     /* TILES of them; NULL: this display has no pixels */
    unsigned next;          /* where the next slice of drawing goes on */
};

/* Blank, and all of it changed. */
void shadow_init(struct shadow *shadow, unsigned columns, unsigned rows);
void shadow_clear(struct shadow *shadow, uint8_t attribute);
/* Nothing outside is written; what is there already does not count as changed. */
void shadow_put(struct shadow *shadow, unsigned row, unsigned column, uint16_t glyph, uint8_t attribute);
/* Up to `width` columns, cut or filled up with blanks. Returns the column after it. */
unsigned shadow_text(struct shadow *shadow, unsigned row, unsigned column, unsigned width, uint8_t attribute,
                     const char *text);
void shadow_fill(struct shadow *shadow, unsigned row, unsigned column, unsigned rows, unsigned columns,
                 uint16_t glyph, uint8_t attribute);
/* The same, formatted (log/format.h). */
__attribute__((format(printf, 6, 7))) void shadow_say(struct shadow *shadow, unsigned row, unsigned column,
                                                      unsigned width, uint8_t attribute, const char *text,
                                                      ...);
/* Text in at most `rows` rows of `columns` columns, broken at blanks. Returns the rows used. */
unsigned shadow_wrapped(struct shadow *shadow, unsigned row, unsigned column, unsigned rows, unsigned columns,
                        uint8_t attribute, const char *text);
/* How many rows shadow_wrapped needs for all of it. */
unsigned shadow_rows_of(const char *text, unsigned columns);
/* A cell as two dots, one above the other, of a colour each (enum colour). */
void half_put(struct shadow *shadow, unsigned row, unsigned column, uint8_t upper, uint8_t lower);
/* All of it is to be drawn again, whatever was drawn. */
void shadow_redraw(struct shadow *shadow);
/* A tile's pixels were changed: draw every cell that shows it again (it is shown in one cell at most). */
void shadow_tile_changed(struct shadow *shadow, unsigned row, unsigned column);

/*
 * The next changed cell, from where the last call ended, round and round; it counts as drawn. False: all is
 * drawn, and the next one is looked for from the top.
 */
bool shadow_take_changed(struct shadow *shadow, unsigned *row, unsigned *column);

#endif
