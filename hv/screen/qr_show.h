/* A QR code in cells: half blocks, so that modules are square; dark on white, with its quiet zone. Pure. */
#ifndef SCREEN_QR_SHOW_H
#define SCREEN_QR_SHOW_H

#include "screen/qr.h"
#include "screen/shadow.h"

/* Cells that a code of `size` modules takes: 49 by 25 for version 6. */
unsigned qr_show_columns(const struct qr *qr);
unsigned qr_show_rows(const struct qr *qr);

/* With its upper left corner at `row`, `column`. False, and nothing drawn: there is no room for all of it. */
bool qr_show(struct shadow *shadow, unsigned row, unsigned column, const struct qr *qr);

#endif
