/*
 * QR codes, model 2 (ISO/IEC 18004), alphanumeric letters, level L, versions 1 to 6: the smallest that takes
 * the text. Pure.
 */
#ifndef SCREEN_QR_H
#define SCREEN_QR_H

#include <stdbool.h>
#include <stdint.h>

#define QR_MOST    195u /* letters in version 6 */
#define QR_MODULES 41u  /* of version 6, a side */
#define QR_QUIET   4u   /* modules of white all round */

struct qr {
    unsigned size;            /* modules a side: 21, 25, ... 41 */
    unsigned mask;            /* 0..7 */
    uint64_t row[QR_MODULES]; /* bit n: column n is dark */
};

/* False: a letter that is none of 0-9 A-Z blank $%*+-./: or more than QR_MOST of them; *qr is not touched. */
bool qr_encode(const char *text, struct qr *qr);
/* The same with a mask of the caller's (0..7), for tests. */
bool qr_encode_masked(const char *text, unsigned mask, struct qr *qr);

static inline bool qr_dark(const struct qr *qr, unsigned row, unsigned column)
{
    return row < qr->size && column < qr->size && qr->row[row] >> column & 1;
}

#endif
