/*
 * A QR code, model 2 (ISO/IEC 18004), of alphanumeric letters: always version 6 (41 modules a side), level L.
 * A text that is shorter is padded, as the standard has it. Pure.
 */
#ifndef CHECK_QR_H
#define CHECK_QR_H

#include <stdbool.h>

#define QR_MOST    195u /* letters */
#define QR_MODULES 41u  /* a side */
#define QR_QUIET   4u   /* modules of white all round */

struct qr {
    bool dark[QR_MODULES][QR_MODULES]; /* row, column */
};

/*
 * Makes the code of `text`. Returns false, and leaves *qr alone, if there are more than QR_MOST letters or
 * one that is none of 0-9 A-Z blank $%*+-./:
 */
bool qr_encode(const char *text, struct qr *qr);
/* Does the same with a mask of the caller's choice (0..7), not with the best: for tests. */
bool qr_encode_masked(const char *text, unsigned mask, struct qr *qr);

#endif
