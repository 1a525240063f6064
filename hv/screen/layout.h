/* Where things stand on a screen of any size from 80x25 on. Pure. */
#ifndef SCREEN_LAYOUT_H
#define SCREEN_LAYOUT_H

#include <stdbool.h>

#define LAYOUT_COLUMNS 80u /* fewer, or fewer rows, are too few */
#define LAYOUT_ROWS    25u
#define LAYOUT_HEAD    3u /* rows about the machine, above all else; the table's heading follows */

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

/* `qr`: a code is to be seen beside the rest, if there is room for both: then left is less than columns. */
struct layout layout_for(unsigned columns, unsigned rows, unsigned cpus, bool qr);

#endif
