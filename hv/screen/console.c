#include "screen/console.h"

#define CONSOLE_ATTRIBUTE ATTRIBUTE(LIGHT_GREY, BLACK)
#define TAB               8u

static const char kept_word[] = "@verdict";

static void keep_byte(struct console *console, char c)
{
    console->text[console->end % CONSOLE_BYTES] = c;
    __atomic_store_n(&console->end, console->end + 1, __ATOMIC_RELEASE);
    console->column = c == '\n' ? 0 : console->column + 1;
}

static void keep_in_line(struct console *console, char c)
{
    if (c == '\t')
        do
            keep_byte(console, ' ');
        while (console->column % TAB);
    else if (c == '\n' || (uint8_t)c >= ' ')
        keep_byte(console, c);
}

/* Takes the first bytes of a line, as long as they may become "@verdict". */
static void at_line_start(struct console *console, char c)
{
    if (c == kept_word[console->held] && !(console->held && console->no_verdict)) {
        if (kept_word[++console->held])
            return;
        for (unsigned i = 0; i < console->held; i++)
            keep_byte(console, kept_word[i]);
        console->at = CONSOLE_IN_LINE;
    } else if (console->held) {
        console->at = CONSOLE_SKIPPING;
    } else {
        keep_in_line(console, c);
        console->at = CONSOLE_IN_LINE;
    }
}

void console_add(struct console *console, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (console->at == CONSOLE_LINE_START)
            at_line_start(console, text[i]);
        else if (console->at == CONSOLE_IN_LINE)
            keep_in_line(console, text[i]);
        if (text[i] == '\n') {
            console->at = CONSOLE_LINE_START;
            console->held = 0;
        }
    }
}

static char text_at(const struct console *console, size_t at)
{
    return console->text[at % CONSOLE_BYTES];
}

static unsigned rows_of(size_t bytes, unsigned columns)
{
    return bytes ? (unsigned)((bytes + columns - 1) / columns) : 1;
}

/* Returns where the text begins that ends at `end` and fills `rows` rows at most; never before `oldest`. */
static size_t first_shown(const struct console *console, size_t oldest, size_t end, unsigned columns,
                          unsigned rows)
{
    size_t first = end;

    for (unsigned used = 0; end > oldest; end = first - 1) {
        size_t start = end;

        while (start > oldest && text_at(console, start - 1) != '\n')
            start--;
        used += rows_of(end - start, columns);
        if (used > rows) /* of a line that is longer than all rows the end is shown */
            return first > end ? first : start + (size_t)(used - rows) * columns;
        first = start;
        if (start == oldest)
            break;
    }
    return first;
}

void console_show(const struct console *console, struct shadow *shadow, unsigned row, unsigned rows)
{
    size_t end = __atomic_load_n(&console->end, __ATOMIC_ACQUIRE), at;
    size_t oldest = end > CONSOLE_BYTES - CONSOLE_SPARE ? end - (CONSOLE_BYTES - CONSOLE_SPARE) : 0;
    unsigned last = row + rows, column = 0;

    if (end > 0 && text_at(console, end - 1) == '\n')
        end--; /* the line that follows has not begun */
    at = first_shown(console, oldest, end, shadow->columns, rows);
    for (; at < end && row < last; at++) {
        char c = text_at(console, at);

        if (c == '\n' || column == shadow->columns) {
            shadow_fill(shadow, row++, column, 1, shadow->columns - column, ' ', CONSOLE_ATTRIBUTE);
            column = 0;
        }
        if (c != '\n' && row < last)
            shadow_put(shadow, row, column++, (uint8_t)c, CONSOLE_ATTRIBUTE);
    }
    if (row < last)
        shadow_fill(shadow, row++, column, 1, shadow->columns - column, ' ', CONSOLE_ATTRIBUTE);
    if (row < last)
        shadow_fill(shadow, row, 0, last - row, shadow->columns, ' ', CONSOLE_ATTRIBUTE);
}
