/* Words that are read from across a room: the font's small capitals, a half block a dot. Pure. */
#ifndef SCREEN_BIG_H
#define SCREEN_BIG_H

#include "screen/shadow.h"

/* Cells that `letters` letters take at a whole `scale`. */
unsigned big_columns(unsigned letters, unsigned scale);
unsigned big_rows(unsigned scale);

/* Capitals and blanks, in `colour` on black, cut at the shadow's edge. */
void big_text(struct shadow *shadow, unsigned row, unsigned column, unsigned scale, enum colour colour,
              const char *text);

#endif
