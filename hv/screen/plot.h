/*
 * A picture of the history: a curve for each CPU, in dots of a display's tiles, or of half cells. It is drawn
 * some columns of cells at a time, from left to right. Its scale stays until the last column is drawn. Pure.
 */
#ifndef SCREEN_PLOT_H
#define SCREEN_PLOT_H

#include "check/history.h"
#include "screen/shadow.h"

#define PLOT_MOST_ROWS 20u
#define PLOT_LABELS    9u /* columns of cells left of the picture */

enum plot_kind { PLOT_OFFSET, PLOT_BOUND };

struct plot {
    enum plot_kind kind;
    unsigned row, column, rows, columns; /* of the picture itself, at most PLOT_MOST_ROWS rows */
    unsigned first_tile;                 /* rows * columns tiles from there on are its own */
    unsigned count, capacity;            /* moments: when the picture was begun, and at most */
    uint64_t most, least; /* offsets: -most to most ns; bounds: least to most ppb, powers of ten */
};

/* Returns a CPU's colour; there are fewer of them than CPUs. */
enum colour plot_colour(unsigned cpu);

/* Begins a picture: its scale, and what stands above, below and left of it. */
void plot_begin(struct plot *plot, struct shadow *shadow, const struct history *history);
/* Draws one column of cells. */
void plot_column(const struct plot *plot, struct shadow *shadow, const struct history *history,
                 unsigned column);

#endif
