#include "screen/plot.h"

#include <stddef.h>

#include "log/format.h"
#include "log/string.h"

#define LABEL          ATTRIBUTE(LIGHT_GREY, BLACK)
#define Q8             256
#define LEAST_CAPACITY 64u /* moments; it doubles as they come, so that what is drawn already seldom moves */

/* One column of cells, as colours of its dots. */
static uint8_t strip[TILE_WIDTH][PLOT_MOST_ROWS * TILE_HEIGHT];

enum colour plot_colour(unsigned cpu)
{
    static const enum colour colours[] = {LIGHT_GREEN, LIGHT_CYAN, YELLOW,   LIGHT_MAGENTA,
                                          WHITE,       LIGHT_BLUE, LIGHT_RED};

    return colours[cpu % (sizeof colours / sizeof colours[0])];
}

/* Rounds up to 1, 2 or 5 times a power of ten, or to such a power only. */
static uint64_t round_scale_up(uint64_t value, bool tens)
{
    static const unsigned digits[] = {1, 2, 5};

    for (uint64_t power = 1; power < UINT64_MAX / 100; power *= 10)
        for (unsigned i = 0; i < (tens ? 1 : 3); i++)
            if (power * digits[i] >= value)
                return power * digits[i];
    return INT64_MAX;
}

/* Returns the power of ten above a bound; 10 where none is known. */
static uint64_t decade_above(uint32_t ppb)
{
    return round_scale_up(ppb ? ppb + 1ull : 10, true);
}

/* Writes a value at the left edge, in the largest unit of which it is one or more. */
static void label(const struct plot *plot, struct shadow *shadow, unsigned row, bool minus, uint64_t value)
{
    static const char *const times[] = {"ns", "us", "ms", "s", NULL}, *const rates[] = {"ppb", "ppm", NULL};
    const char *const *unit = plot->kind == PLOT_OFFSET ? times : rates;
    const char *sign = minus ? "-" : plot->kind == PLOT_OFFSET && value ? "+" : "";
    char text[24];

    for (; value >= 1000 && unit[1]; unit++)
        value /= 1000;
    format(text, sizeof text, "%s%lu %s", sign, value, *unit);
    shadow_text(shadow, plot->row + row, plot->column - PLOT_LABELS, PLOT_LABELS - 1, LABEL, text);
}

static void title(const struct plot *plot, struct shadow *shadow, const struct history *history)
{
    char text[SHADOW_MAX_COLUMNS];

    shadow_text(shadow, plot->row - 1, plot->column - PLOT_LABELS, plot->columns + PLOT_LABELS, LABEL,
                plot->kind == PLOT_OFFSET ? "TSC beside CPU0's" : "rate known to \xf1");
    format(text, sizeof text, "0 s%*lu s", (int)plot->columns - 5,
           (history_span_ns(history, plot->capacity) + 500000000) / 1000000000);
    shadow_text(shadow, plot->row + plot->rows, plot->column, plot->columns, LABEL, text);
}

void plot_begin(struct plot *plot, struct shadow *shadow, const struct history *history)
{
    plot->count = history->count;
    for (plot->capacity = LEAST_CAPACITY; plot->capacity < plot->count;)
        plot->capacity *= 2;
    title(plot, shadow, history);
    if (plot->kind == PLOT_OFFSET) {
        plot->most = round_scale_up(history->most_ns < 10 ? 10 : history->most_ns, false);
        label(plot, shadow, 0, false, plot->most);
        label(plot, shadow, plot->rows / 2, false, 0);
        label(plot, shadow, plot->rows - 1, true, plot->most);
    } else {
        plot->most = decade_above(history->most_ppb);
        plot->least = decade_above(history->least_ppb) / 10;
        label(plot, shadow, 0, false, plot->most);
        label(plot, shadow, plot->rows - 1, false, plot->least);
    }
}

/* Returns the logarithm to base 2 in 1/256, straight between powers of two. */
static int64_t logarithm(uint64_t value)
{
    unsigned power = 63 - (unsigned)__builtin_clzll(value | 1);

    return (int64_t)(power * Q8 + ((value << (63 - power)) >> 55 & 0xff));
}

/* Returns a moment's value in the plot's own measure, or HISTORY_NOTHING. */
static int64_t plotted_value(const struct plot *plot, const struct moment *moment)
{
    if (plot->kind == PLOT_OFFSET)
        return moment->offset_ns;
    return moment->bound_ppb ? logarithm(moment->bound_ppb) : HISTORY_NOTHING;
}

/* Returns how far below the top a value's dot is, of `dots` in all. */
static unsigned height(const struct plot *plot, int64_t value, unsigned dots)
{
    int64_t top = plot->kind == PLOT_OFFSET ? (int64_t)plot->most : logarithm(plot->most);
    int64_t bottom = plot->kind == PLOT_OFFSET ? -top : logarithm(plot->least);
    uint64_t down = (uint64_t)top - (uint64_t)value, all = (uint64_t)top - (uint64_t)bottom;

    if (value > top)
        return 0;
    if (value < bottom)
        return dots - 1;
    for (; all >> 40; all >>= 1)
        down >>= 1;
    return (unsigned)(down * (dots - 1) / all);
}

/* Finds where the curve of `cpu` is at dot `x` of `wide`, `dots` high. Returns false if it is nowhere. */
static bool curve_at(const struct plot *plot, const struct history *history, unsigned cpu, unsigned x,
                     unsigned wide, unsigned dots, unsigned *y)
{
    unsigned at = x * (plot->capacity - 1) * Q8 / (wide - 1), i = at / Q8;
    int64_t a, b;

    if (i + 1 >= plot->count)
        return false;
    a = plotted_value(plot, history_at(history, cpu, i));
    b = plotted_value(plot, history_at(history, cpu, i + 1));
    if (a == HISTORY_NOTHING || b == HISTORY_NOTHING)
        return false;
    *y = height(plot, a + (b - a) / Q8 * (at % Q8) + (b - a) % Q8 * (at % Q8) / Q8, dots);
    return true;
}

static void draw_curve(const struct plot *plot, const struct history *history, unsigned cpu, unsigned first,
                       unsigned across, unsigned dots)
{
    unsigned wide = plot->columns * across, y, before = dots;

    if (first && !curve_at(plot, history, cpu, first - 1, wide, dots, &before))
        before = dots;
    for (unsigned x = 0; x < across; x++) {
        if (!curve_at(plot, history, cpu, first + x, wide, dots, &y)) {
            before = dots;
            continue;
        }
        if (before == dots)
            before = y;
        for (unsigned at = before < y ? before : y; at <= (before < y ? y : before); at++)
            strip[x][at] = (uint8_t)plot_colour(cpu);
        before = y;
    }
}

static void draw_dotted(unsigned y, unsigned first, unsigned across)
{
    for (unsigned x = 0; x < across; x++)
        strip[x][y] = (first + x) % 4 ? BLACK : DARK_GREY;
}

/* Draws where offsets are 0, or each power of ten of bounds. */
static void draw_grid(const struct plot *plot, unsigned first, unsigned across, unsigned dots)
{
    for (unsigned x = 0; x < across; x++)
        memset(strip[x], BLACK, dots);
    if (plot->kind == PLOT_OFFSET)
        draw_dotted(height(plot, 0, dots), first, across);
    else
        for (uint64_t value = plot->least; value <= plot->most; value *= 10)
            draw_dotted(height(plot, logarithm(value), dots), first, across);
}

static void emit_tile(struct shadow *shadow, const struct plot *plot, unsigned row, unsigned column)
{
    unsigned number = plot->first_tile + row * plot->columns + column;
    uint8_t *pixels = shadow->tiles[number].pixels;
    uint32_t line, before;
    bool changed = false;

    for (unsigned y = row * TILE_HEIGHT; y < (row + 1) * TILE_HEIGHT; y++, pixels += sizeof line) {
        line = 0;
        for (unsigned x = TILE_WIDTH; x-- > 0;) /* the left one ends in the lowest bits */
            line = line << 4 | strip[x][y];
        __builtin_memcpy(&before, pixels, sizeof line);
        __builtin_memcpy(pixels, &line, sizeof line);
        changed |= line != before;
    }
    shadow_put(shadow, plot->row + row, plot->column + column, (uint16_t)(SHADOW_TILE + number), LABEL);
    if (changed)
        shadow_tile_changed(shadow, plot->row + row, plot->column + column);
}

void plot_column(const struct plot *plot, struct shadow *shadow, const struct history *history,
                 unsigned column)
{
    unsigned across = shadow->tiles ? TILE_WIDTH : 1;
    unsigned dots = plot->rows * (shadow->tiles ? TILE_HEIGHT : 2);

    draw_grid(plot, column * across, across, dots);
    for (unsigned cpu = 0; plot->count && cpu < history->cpus; cpu++)
        draw_curve(plot, history, cpu, column * across, across, dots);
    for (unsigned row = 0; row < plot->rows; row++) {
        if (shadow->tiles)
            emit_tile(shadow, plot, row, column);
        else
            shadow_put_halves(shadow, plot->row + row, plot->column + column, strip[0][2 * row],
                              strip[0][2 * row + 1]);
    }
}
