/*
 * A picture of the history: a line a CPU, in dots of a display's tiles, or of half cells. Drawn in pieces,
 * some columns of cells at a time, from left to right, all of one sweep to the same scale. Pure.
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
    unsigned count, room; /* moments, as of this sweep, and how many the picture has room for */
    uint64_t most;        /* offsets: plus and minus so many ns; bounds: from ... */
    uint64_t least;       /* ... `least` to `most` ppb, powers of ten */
};

/* A CPU's colour; there are fewer than CPUs. */
enum colour plot_colour(unsigned cpu);

/* A sweep begins: the scale, and what stands above, below and left of it. */
void plot_begin(struct plot *plot, struct shadow *shadow, const struct history *history);
/* One column of cells. */
void plot_column(const struct plot *plot, struct shadow *shadow, const struct history *history,
                 unsigned column);

#endif
