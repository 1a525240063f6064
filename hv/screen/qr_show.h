/* A QR code in cells: half blocks, so that modules are square; dark on white, with its quiet zone. Pure. */
#ifndef SCREEN_QR_SHOW_H
#define SCREEN_QR_SHOW_H

#include "check/figures.h"
#include "screen/shadow.h"

/* The cells that it takes: all 25 rows of VGA text. */
#define QR_COLUMNS (QR_MODULES + 2 * QR_QUIET)
#define QR_ROWS    ((QR_COLUMNS + 1) / 2)

/*
 * Draws it, its upper left corner at `row`, `column`. Returns false, and draws nothing, if it does not fit.
 */
bool qr_show(struct shadow *shadow, unsigned row, unsigned column, const struct qr *qr);
/* Returns how many rows qr_show_contact needs; 0 where the contact is "". */
unsigned qr_contact_rows(const char *contact, unsigned columns);
/* Writes `send it to <contact>`, wrapped, in rows of `columns` columns; nothing where the contact is "". */
void qr_show_contact(struct shadow *shadow, unsigned row, unsigned column, unsigned columns,
                     const char *contact);

/* Shows the code and little else, where the screen has no room for more. */
void qr_show_alone(struct shadow *shadow, const struct figures *figures);

#endif
