/* sources: hv/screen/plot.c hv/check/history.c hv/screen/shadow.c hv/log/format.c */
/* Plots read back dot by dot, and the history under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/plot.h"

#define CPUS    3u
#define STEP_NS 250000000ull
#define COLUMNS 100u
#define ROWS    37u

static struct cell cells[COLUMNS * ROWS];
static bool changed[COLUMNS * ROWS];
static struct tile tiles[TILES];
static struct shadow shadow = {.cells = cells, .changed = changed};
static struct moment moments[CPUS * HISTORY_MOMENTS];
static struct history history;
static struct plot plot;
static uint64_t now_ns;

static void start(enum plot_kind kind, bool pixels)
{
    shadow.tiles = pixels ? tiles : NULL;
    memset(tiles, 0, sizeof tiles);
    shadow_init(&shadow, COLUMNS, ROWS);
    history_begin(&history, CPUS, moments);
    plot = (struct plot){.kind = kind, .row = 3, .column = 20, .rows = 10, .columns = 60, .first_tile = 7};
    now_ns = 0;
}

/* The same on all CPUs, but that offsets are 1, 2, 3 times as far. */
static void moment(int64_t offset_ns, uint64_t ppb)
{
    now_ns += STEP_NS;
    if (!history_next(&history, now_ns))
        return;
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        history_add(&history, cpu, offset_ns == HISTORY_NOTHING ? offset_ns : offset_ns * (int64_t)(cpu + 1),
                    ppb);
}

static void draw(void)
{
    plot_begin(&plot, &shadow, &history);
    for (unsigned column = 0; column < plot.columns; column++)
        plot_column(&plot, &shadow, &history, column);
}

static unsigned dots_wide(void)
{
    return plot.columns * (shadow.tiles ? TILE_WIDTH : 1);
}

static unsigned dots_high(void)
{
    return plot.rows * (shadow.tiles ? TILE_HEIGHT : 2);
}

static uint8_t pixel(unsigned x, unsigned y)
{
    const struct cell *cell = &cells[(plot.row + y / TILE_HEIGHT) * COLUMNS + plot.column + x / TILE_WIDTH];
    unsigned at = y % TILE_HEIGHT * TILE_WIDTH + x % TILE_WIDTH;

    assert_in_range(cell->glyph, SHADOW_TILE + plot.first_tile,
                    SHADOW_TILE + plot.first_tile + plot.rows * plot.columns - 1);
    return tiles[cell->glyph - SHADOW_TILE].pixels[at / 2] >> (at % 2 ? 4 : 0) & 15;
}

static uint8_t half(unsigned x, unsigned y)
{
    const struct cell *cell = &cells[(plot.row + y / 2) * COLUMNS + plot.column + x];

    if (cell->glyph == ' ')
        return BLACK;
    if (cell->glyph == 0xdb)
        return cell->attribute & 15;
    if (cell->glyph == 0xdc)
        return y % 2 ? cell->attribute & 15 : cell->attribute >> 4;
    assert_int_equal(cell->glyph, 0xdf);
    return y % 2 ? cell->attribute >> 4 : cell->attribute & 15;
}

static uint8_t colour_at(unsigned x, unsigned y)
{
    return shadow.tiles ? pixel(x, y) : half(x, y);
}

/* Where the line of `cpu` is in this column of dots, from the top; -1: nowhere. */
static int line_of(unsigned cpu, unsigned x)
{
    for (unsigned y = 0; y < dots_high(); y++)
        if (colour_at(x, y) == plot_colour(cpu))
            return (int)y;
    return -1;
}

static const char *label(unsigned row)
{
    static char text[PLOT_LABELS];

    for (unsigned i = 0; i < PLOT_LABELS - 1; i++)
        text[i] = (char)cells[row * COLUMNS + plot.column - PLOT_LABELS + i].glyph;
    text[PLOT_LABELS - 1] = 0;
    return text;
}

/* ---- Offsets ---- */

static void check_level(bool pixels)
{
    unsigned middle, filled;

    start(PLOT_OFFSET, pixels);
    for (unsigned i = 0; i < 30; i++)
        moment(-50, 1000);
    draw();
    middle = dots_high() / 2;
    filled = dots_wide() * 29 / 63;
    assert_string_equal(label(plot.row), "+200 ns ");
    assert_string_equal(label(plot.row + plot.rows / 2), "0 ns    ");
    assert_string_equal(label(plot.row + plot.rows - 1), "-200 ns ");
    for (unsigned x = 0; x + 1 < filled; x++) {
        assert_in_range(line_of(0, x), middle * 5 / 4 - 1, middle * 5 / 4 + 1);
        assert_in_range(line_of(1, x), middle * 3 / 2 - 1, middle * 3 / 2 + 1);
        assert_in_range(line_of(2, x), middle * 7 / 4 - 1, middle * 7 / 4 + 1);
    }
    for (unsigned x = filled + 1; x < dots_wide(); x++)
        assert_int_equal(line_of(0, x), -1);
}

static void test_level(void **state)
{
    (void)state;
    check_level(true);
    check_level(false);
}

/* From the lower edge to the upper one, without a hole. */
static void test_slope(void **state)
{
    int before = -1, y;

    (void)state;
    start(PLOT_OFFSET, true);
    for (int i = 0; i < 64; i++)
        moment(i * 1000 - 30000, 1000);
    draw();
    assert_string_equal(label(plot.row), "+100 us ");
    for (unsigned x = 0; x < dots_wide() - TILE_WIDTH; x++) {
        y = line_of(2, x); /* from -90 us to 99 us */
        assert_true(y >= 0 && (before < 0 || (y <= before && before - y <= 2)));
        before = y;
    }
    assert_in_range(line_of(2, 0), dots_high() * 94 / 100, dots_high() * 96 / 100);
    assert_in_range(before, 0, dots_high() * 10 / 100);
}

static void test_zero(void **state)
{
    (void)state;
    start(PLOT_OFFSET, true);
    moment(HISTORY_NOTHING, UINT64_MAX);
    draw(); /* nothing but the grid */
    for (unsigned x = 0; x < dots_wide(); x++)
        for (unsigned cpu = 0; cpu < CPUS; cpu++)
            assert_int_equal(line_of(cpu, x), -1);
    assert_int_equal(colour_at(0, (dots_high() - 1) / 2), DARK_GREY);
    for (unsigned x = 1; x < 4; x++)
        assert_int_equal(colour_at(x, (dots_high() - 1) / 2), BLACK);
    assert_int_equal(colour_at(4, (dots_high() - 1) / 2), DARK_GREY);
    plot.kind = PLOT_BOUND;
    draw();
    assert_int_equal(line_of(0, 0), -1);
}

/* A gap where nothing was known, and a line on either side. */
static void test_gap(void **state)
{
    (void)state;
    start(PLOT_OFFSET, true);
    for (unsigned i = 0; i < 60; i++)
        moment(i > 20 && i < 40 ? HISTORY_NOTHING : 10, 1000);
    draw();
    assert_true(line_of(0, dots_wide() / 4) >= 0 && line_of(0, dots_wide() * 3 / 4) >= 0);
    assert_int_equal(line_of(0, dots_wide() / 2), -1);
}

/* Seconds, and the largest that there can be. */
static void test_far(void **state)
{
    (void)state;
    start(PLOT_OFFSET, true);
    for (unsigned i = 0; i < 60; i++)
        moment(i % 2 ? 7000000000 : -7000000000, 1000);
    draw();
    assert_string_equal(label(plot.row), "+50 s   ");
    assert_in_range(line_of(2, 8), 0, dots_high() - 1);
    start(PLOT_OFFSET, true);
    for (unsigned i = 0; i < 60; i++)
        moment((i % 2 ? 1ll : -1ll) * (1ll << 58), UINT64_MAX - 1); /* no TSCs are farther apart (keeper) */
    draw();
    plot.kind = PLOT_BOUND;
    draw();
}

/* ---- Bounds ---- */

/* 1/T on a scale of logarithms: each power of ten is as high as the others. */
static void test_bound(void **state)
{
    (void)state;
    start(PLOT_BOUND, true);
    for (unsigned i = 0; i < 60; i++)
        moment(0, i < 20 ? 900000 : i < 40 ? 9000 : 90);
    draw();
    assert_string_equal(label(plot.row), "1000 ppm");
    assert_string_equal(label(plot.row + plot.rows - 1), "10 ppb  ");
    for (unsigned third = 0; third < 3; third++)
        assert_in_range(line_of(2, dots_wide() * (2 * third + 1) / 6), dots_high() * (third * 40) / 100,
                        dots_high() * (third * 40 + 5) / 100);
}

/* The time under it: what fits, not what was. */
static void test_time(void **state)
{
    char text[16];

    (void)state;
    start(PLOT_OFFSET, false);
    for (unsigned i = 0; i < 65; i++)
        moment(0, 1);
    draw();
    for (unsigned i = 0; i < 4; i++)
        text[i] = (char)cells[(plot.row + plot.rows) * COLUMNS + plot.column + plot.columns - 4 + i].glyph;
    text[4] = 0;
    assert_string_equal(text, "32 s");
    assert_int_equal(plot.capacity, 128);
}

/* Drawing a column again changes nothing, and no column touches another. */
static void test_columns(void **state)
{
    struct tile before[TILES];
    unsigned row, column;

    (void)state;
    start(PLOT_OFFSET, true);
    for (unsigned i = 0; i < 60; i++)
        moment((int64_t)(i * 7919 % 1000), 1000);
    draw();
    memcpy(before, tiles, sizeof tiles);
    while (shadow_take_changed(&shadow, &row, &column))
        ;
    draw();
    assert_memory_equal(before, tiles, sizeof tiles);
    for (row = 0; shadow_take_changed(&shadow, &row, &column);)
        assert_true(row < plot.row || row >= plot.row + plot.rows || column < plot.column);
    for (unsigned i = 0; i < plot.first_tile; i++)
        for (unsigned byte = 0; byte < sizeof tiles[i].pixels; byte++)
            assert_int_equal(tiles[i].pixels[byte], 0);
}

/* ---- The history ---- */

static void test_thin(void **state)
{
    (void)state;
    start(PLOT_OFFSET, true);
    for (unsigned i = 0; i < 1000; i++)
        moment(i, i + 1);
    assert_true(history.count > HISTORY_MOMENTS / 2 && history.count <= HISTORY_MOMENTS);
    for (unsigned i = 1; i < history.count; i++)
        assert_int_equal(history_at(&history, 0, i)->offset_ns - history_at(&history, 0, i - 1)->offset_ns,
                         history.apart);
    assert_int_equal(history_at(&history, 0, 0)->offset_ns, 0);
    assert_int_equal(history_at(&history, 2, 5)->offset_ns, 15 * history.apart);
    assert_int_equal(history_at(&history, 1, 5)->bound_ppb, 5 * history.apart + 1);
    assert_int_equal(history_span_ns(&history, history.count) / STEP_NS, history.count * history.apart);
    assert_int_equal(history.most_ns, history_at(&history, 2, history.count - 1)->offset_ns);
    assert_int_equal(history.least_ppb, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level), cmocka_unit_test(test_slope),   cmocka_unit_test(test_zero),
        cmocka_unit_test(test_gap),   cmocka_unit_test(test_far),     cmocka_unit_test(test_bound),
        cmocka_unit_test(test_time),  cmocka_unit_test(test_columns), cmocka_unit_test(test_thin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
