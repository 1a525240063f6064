#include "screen/qr_show.h"

#define UPPER_HALF 0xdfu
#define LOWER_HALF 0xdcu
#define FULL       0xdbu

/* Counted with the quiet zone: what is outside the symbol is light. */
static bool light(const struct qr *qr, unsigned row, unsigned column)
{
    row -= QR_QUIET;
    column -= QR_QUIET;
    return row >= QR_MODULES || column >= QR_MODULES || !qr->dark[row][column];
}

/* White is drawn and black left: as a background, VGA text would take white for blinking. */
bool qr_show(struct shadow *shadow, unsigned row, unsigned column, const struct qr *qr)
{
    static const uint8_t glyphs[] = {' ', UPPER_HALF, LOWER_HALF, FULL};

    if (row + QR_ROWS > shadow->rows || column + QR_COLUMNS > shadow->columns)
        return false;
    for (unsigned r = 0; r < QR_ROWS; r++)
        for (unsigned c = 0; c < QR_COLUMNS; c++)
            shadow_put(shadow, row + r, column + c, glyphs[light(qr, 2 * r, c) + 2 * light(qr, 2 * r + 1, c)],
                       ATTRIBUTE(WHITE, BLACK));
    return true;
}
