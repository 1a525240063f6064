#include "screen/shadow.h"

#include <stdarg.h>

#include "log/format.h"
#include "log/string.h"

#define BLANK_ATTRIBUTE ATTRIBUTE(LIGHT_GREY, BLACK)

static void mark_changed(struct shadow *shadow, unsigned at)
{
    shadow->pending += !shadow->changed[at];
    shadow->changed[at] = true;
}

void shadow_init(struct shadow *shadow, unsigned columns, unsigned rows)
{
    shadow->columns = columns;
    shadow->rows = rows;
    shadow->next = 0;
    for (unsigned i = 0; i < columns * rows; i++)
        shadow->cells[i] = (struct cell){' ', BLANK_ATTRIBUTE};
    shadow_redraw(shadow);
}

void shadow_put(struct shadow *shadow, unsigned row, unsigned column, uint16_t glyph, uint8_t attribute)
{
    unsigned at = row * shadow->columns + column;

    if (row >= shadow->rows || column >= shadow->columns)
        return;
    if (shadow->cells[at].glyph == glyph && shadow->cells[at].attribute == attribute)
        return;
    shadow->cells[at] = (struct cell){glyph, attribute};
    mark_changed(shadow, at);
}

void shadow_fill(struct shadow *shadow, unsigned row, unsigned column, unsigned rows, unsigned columns,
                 uint16_t glyph, uint8_t attribute)
{
    for (unsigned r = 0; r < rows; r++)
        for (unsigned c = 0; c < columns; c++)
            shadow_put(shadow, row + r, column + c, glyph, attribute);
}

void shadow_clear(struct shadow *shadow, uint8_t attribute)
{
    shadow_fill(shadow, 0, 0, shadow->rows, shadow->columns, ' ', attribute);
}

unsigned shadow_text(struct shadow *shadow, unsigned row, unsigned column, unsigned width, uint8_t attribute,
                     const char *text)
{
    for (unsigned i = 0; i < width; i++)
        shadow_put(shadow, row, column + i, *text ? (uint8_t)*text++ : ' ', attribute);
    return column + width;
}

void shadow_say(struct shadow *shadow, unsigned row, unsigned column, unsigned width, uint8_t attribute,
                const char *text, ...)
{
    char line[SHADOW_MAX_COLUMNS + 1];
    va_list args;

    va_start(args, text);
    format_va(line, sizeof line, text, args);
    va_end(args);
    shadow_text(shadow, row, column, width, attribute, line);
}

/* Returns how much of `text` stands in the first row: whole words, unless one is longer than the row. */
static size_t first_row(const char *text, unsigned columns)
{
    size_t length = strlen(text), cut = columns - 1;

    if (length < columns)
        return length;
    while (cut > 0 && text[cut] != ' ')
        cut--;
    return cut ? cut : columns - 1;
}

static const char *next_row(const char *text, unsigned columns)
{
    text += first_row(text, columns);
    while (*text == ' ')
        text++;
    return text;
}

unsigned shadow_rows_of(const char *text, unsigned columns)
{
    unsigned rows = 0;

    for (; *text; text = next_row(text, columns))
        rows++;
    return rows;
}

unsigned shadow_wrapped(struct shadow *shadow, unsigned row, unsigned column, unsigned rows, unsigned columns,
                        uint8_t attribute, const char *text)
{
    unsigned used = 0;

    for (; used < rows && *text; used++, text = next_row(text, columns))
        shadow_say(shadow, row + used, column, columns, attribute, "%.*s", (int)first_row(text, columns),
                   text);
    return used;
}

/*
 * VGA text takes a bright background for blinking: where both dots have colours, the lower one gets its
 * colour's dark form.
 */
void shadow_put_halves(struct shadow *shadow, unsigned row, unsigned column, uint8_t upper, uint8_t lower)
{
    if (upper == lower)
        shadow_put(shadow, row, column, upper == BLACK ? ' ' : FULL_BLOCK, ATTRIBUTE(upper, BLACK));
    else if (upper == BLACK)
        shadow_put(shadow, row, column, LOWER_HALF, ATTRIBUTE(lower, BLACK));
    else
        shadow_put(shadow, row, column, UPPER_HALF, ATTRIBUTE(upper, lower & 7u));
}

void shadow_redraw(struct shadow *shadow)
{
    shadow->pending = shadow->columns * shadow->rows;
    for (unsigned i = 0; i < shadow->pending; i++)
        shadow->changed[i] = true;
}

void shadow_tile_changed(struct shadow *shadow, unsigned row, unsigned column)
{
    if (row < shadow->rows && column < shadow->columns)
        mark_changed(shadow, row * shadow->columns + column);
}

/* Most of a screen stays as it is: eight cells are passed over at once. */
static bool eight_unchanged(const bool *changed)
{
    uint64_t eight;

    __builtin_memcpy(&eight, changed, sizeof(eight));
    return eight == 0;
}

bool shadow_take_changed(struct shadow *shadow, unsigned *row, unsigned *column)
{
    unsigned cells = shadow->columns * shadow->rows, at = shadow->next;

    for (unsigned seen = 0, step; shadow->pending && seen < cells; seen += step) {
        step = at + 8 <= cells && eight_unchanged(shadow->changed + at) ? 8 : 1;
        if (shadow->changed[at]) {
            shadow->changed[at] = false;
            shadow->pending--;
            *row = at / shadow->columns;
            *column = at % shadow->columns;
            shadow->next = at + 1 < cells ? at + 1 : 0;
            return true;
        }
        at = at + step < cells ? at + step : 0;
    }
    shadow->next = 0; /* what changes next is drawn from the top */
    return false;
}
