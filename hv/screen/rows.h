/* A CPU in a line, for people. Pure. */
#ifndef SCREEN_ROWS_H
#define SCREEN_ROWS_H

#include <stddef.h>

#include "check/figures.h"

#define ROW_BYTES 160u
#define ROW_NAME  9u /* columns of state and name: no row is shorter */

/* What the columns are. A screen of 80 shows all but the last two; they are seen on wider ones. */
extern const char row_heading[];
/* The CPU's own line under it, in code page 437. */
void row_text(const struct figures *figures, unsigned cpu, char out[ROW_BYTES]);

#endif
