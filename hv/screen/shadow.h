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

#define SHADOW_MAX_COLUMNS 480u
#define SHADOW_MAX_ROWS    160u
#define SHADOW_TILE        256u
#define TILE_WIDTH         8u
#define TILE_HEIGHT        16u
#define TILES              9600u /* two plots of 240 columns and 20 rows */

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
    unsigned columns, rows; /* at most SHADOW_MAX_COLUMNS and SHADOW_MAX_ROWS */
    struct cell *cells;     /* what should be there; rows * columns are in use */
    bool *changed;          /* those of the cells that are not drawn yet */
    unsigned pending;       /* how many these are */
    struct tile *tiles;     /* TILES of them; NULL where the display has no pixels */
    unsigned next;          /* the cell from which drawing goes on */
};

/* Makes it blank, and all of it changed. */
void shadow_init(struct shadow *shadow, unsigned columns, unsigned rows);
void shadow_clear(struct shadow *shadow, uint8_t attribute);
/*
 * Puts a cell. Outside of the shadow nothing is written; a cell that stays as it is does not count as
 * changed.
 */
void shadow_put(struct shadow *shadow, unsigned row, unsigned column, uint16_t glyph, uint8_t attribute);
/* Writes text in `width` columns, cut or filled up with blanks. Returns the column after it. */
unsigned shadow_text(struct shadow *shadow, unsigned row, unsigned column, unsigned width, uint8_t attribute,
                     const char *text);
void shadow_fill(struct shadow *shadow, unsigned row, unsigned column, unsigned rows, unsigned columns,
                 uint16_t glyph, uint8_t attribute);
/* Writes text in the same way, formatted (log/format.h). */
__attribute__((format(printf, 6, 7))) void shadow_say(struct shadow *shadow, unsigned row, unsigned column,
                                                      unsigned width, uint8_t attribute, const char *text,
                                                      ...);
/* Writes text in at most `rows` rows of `columns` columns, broken at blanks. Returns the rows used. */
unsigned shadow_wrapped(struct shadow *shadow, unsigned row, unsigned column, unsigned rows, unsigned columns,
                        uint8_t attribute, const char *text);
/* Returns how many rows shadow_wrapped needs for all of a text. */
unsigned shadow_rows_of(const char *text, unsigned columns);
/* Puts a cell that is two dots, one above the other, of a colour each (enum colour). */
void shadow_put_halves(struct shadow *shadow, unsigned row, unsigned column, uint8_t upper, uint8_t lower);
/* Has all of it drawn again, whatever was drawn. */
void shadow_redraw(struct shadow *shadow);
/* Has a cell drawn again because the pixels of its tile were changed. */
void shadow_tile_changed(struct shadow *shadow, unsigned row, unsigned column);

/*
 * Finds the next cell that changed, from where the last call ended, and at the end from the top again; it
 * counts as drawn. Returns false if all is drawn: then the next search begins at the top.
 */
bool shadow_take_changed(struct shadow *shadow, unsigned *row, unsigned *column);

#endif
