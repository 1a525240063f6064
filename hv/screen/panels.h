/* What the dashboard is made of: each panel painted from the figures, at its place in a layout. Pure. */
#ifndef SCREEN_PANELS_H
#define SCREEN_PANELS_H

#include "check/figures.h"
#include "screen/pages.h"
#include "screen/shadow.h"

#define LAYOUT_COLUMNS 80u /* fewer, or fewer rows, are too few */
#define LAYOUT_ROWS    25u
#define LAYOUT_HEAD    3u /* rows about the machine, at the top; the table's heading follows */

struct layout {
    unsigned columns, rows;    /* of all */
    unsigned left;             /* columns of what is beside the QR code; all of them where it is not */
    unsigned cpus;             /* rows for CPUs, under the heading */
    unsigned plots, plot_rows; /* where titles stand, and the rows of a picture under them */
    unsigned plot_columns;     /* of one of the two pictures */
    unsigned words, scale;     /* the verdict, and how large */
    unsigned text, text_rows;  /* and what it means */
    unsigned console, console_rows;
};

/* The machine: the first LAYOUT_HEAD rows. */
void panel_head(struct shadow *shadow, const struct figures *figures);
/* A page of the table of CPUs. */
void panel_rows(const struct layout *layout, const struct page *page, struct shadow *shadow,
                const struct figures *figures);
/* The verdict in large letters, and what it means. */
void panel_verdict(const struct layout *layout, struct shadow *shadow, const struct figures *figures);

#define ROW_BYTES 160u
#define ROW_NAME  9u  /* columns of state and name: no row is shorter */
#define ROW_MHZ   19u /* columns in front of the MHz */

/* The names of the columns. A screen of 80 columns shows all but the last three. */
extern const char row_heading[];
/* Writes a socket's row: its worst CPU's, but for the first ROW_MHZ columns, which name both. */
void socket_text(const struct figures *figures, unsigned socket, char out[ROW_BYTES]);
/* Writes a CPU's row, in code page 437. */
void row_text(const struct figures *figures, unsigned cpu, char out[ROW_BYTES]);

/* Words that are read from across a room: the font's small capitals, a half block a dot. */

/* Return the cells that `letters` letters take at a whole `scale`. */
unsigned big_columns(unsigned letters, unsigned scale);
unsigned big_rows(unsigned scale);

/* Writes capitals and blanks, in `colour` on black, cut at the shadow's edge. */
void big_text(struct shadow *shadow, unsigned row, unsigned column, unsigned scale, enum colour colour,
              const char *text);

#endif
