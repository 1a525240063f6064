#include "screen/qr_show.h"

#include "log/format.h"

#define PLAIN  ATTRIBUTE(LIGHT_GREY, BLACK)
#define BRIGHT ATTRIBUTE(WHITE, BLACK)

/* Rows and columns count from the quiet zone's edge; what is outside the symbol is light. */
static bool light(const struct qr *qr, unsigned row, unsigned column)
{
    row -= QR_QUIET;
    column -= QR_QUIET;
    return row >= QR_MODULES || column >= QR_MODULES || !qr->dark[row][column];
}

/* White is drawn and black left: as a background, VGA text would take white for blinking. */
bool qr_show(struct shadow *shadow, unsigned row, unsigned column, const struct qr *qr)
{
    static const uint8_t glyphs[] = {' ', UPPER_HALF, LOWER_HALF, FULL_BLOCK};

    if (row + QR_ROWS > shadow->rows || column + QR_COLUMNS > shadow->columns)
        return false;
    for (unsigned r = 0; r < QR_ROWS; r++)
        for (unsigned c = 0; c < QR_COLUMNS; c++)
            shadow_put(shadow, row + r, column + c, glyphs[light(qr, 2 * r, c) + 2 * light(qr, 2 * r + 1, c)],
                       ATTRIBUTE(WHITE, BLACK));
    return true;
}

/* Writes and returns what is said of the address. */
static const char *contact_text(const char *contact, char out[CONTACT_MOST + 16])
{
    out[0] = 0;
    if (*contact)
        format(out, CONTACT_MOST + 16, "send it to %s", contact);
    return out;
}

unsigned qr_contact_rows(const char *contact, unsigned columns)
{
    char text[CONTACT_MOST + 16];

    return shadow_rows_of(contact_text(contact, text), columns);
}

void qr_show_contact(struct shadow *shadow, unsigned row, unsigned column, unsigned columns,
                     const char *contact)
{
    char text[CONTACT_MOST + 16];

    shadow_wrapped(shadow, row, column, shadow->rows - row, columns, BRIGHT, contact_text(contact, text));
}

void qr_show_alone(struct shadow *shadow, const struct figures *f)
{
    unsigned width = shadow->columns - QR_COLUMNS - 1, row = 5;

    shadow_clear(shadow, PLAIN);
    shadow_say(shadow, 0, 0, width, BRIGHT, "Meridian %s", MERIDIAN_VERSION);
    shadow_say(shadow, 2, 0, width, BRIGHT, "%s", f->verdict.title);
    shadow_say(shadow, 3, 0, width, PLAIN, "Linux: %s", f->verdict.linux_word);
    row += shadow_wrapped(shadow, row, 0, 4, width, PLAIN, "Scan it to keep the result, or to send it.");
    qr_show_contact(shadow, row + 1, 0, width, f->contact);
    qr_show(shadow, 0, shadow->columns - QR_COLUMNS, &f->qr);
}
