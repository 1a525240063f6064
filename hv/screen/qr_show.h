/* A QR code in cells: half blocks, so that modules are square; dark on white, with its quiet zone. Pure. */
#ifndef SCREEN_QR_SHOW_H
#define SCREEN_QR_SHOW_H

#include "check/figures.h"
#include "screen/shadow.h"

/* Cells that it takes: all 25 rows of VGA text. */
#define QR_COLUMNS (QR_MODULES + 2 * QR_QUIET)
#define QR_ROWS    ((QR_COLUMNS + 1) / 2)

/* With its upper left corner at `row`, `column`. False, and nothing drawn: there is no room for all of it. */
bool qr_show(struct shadow *shadow, unsigned row, unsigned column, const struct qr *qr);
/*
 * Where the code may be sent: `send it to <contact>`, wrapped; nothing where the contact is "". Its rows, of
 * `columns` columns each, stand under the code or beside it.
 */
unsigned qr_contact_rows(const char *contact, unsigned columns);
void qr_show_contact(struct shadow *shadow, unsigned row, unsigned column, unsigned columns,
                     const char *contact);

/* The code and little else, where the screen has no room for more. */
void qr_show_alone(struct shadow *shadow, const struct figures *figures);

#endif
