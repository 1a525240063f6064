/* sources: hv/screen/dashboard.c hv/screen/layout.c hv/screen/rows.c hv/screen/plot.c hv/screen/history.c hv/screen/big.c hv/screen/font.c build/font/font_data.c hv/screen/qr.c hv/screen/qr_show.c hv/screen/shadow.c hv/log/format.c */
/* The dashboard on screens of many sizes, with few CPUs and many: all of it is there, nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "screen/big.h"
#include "screen/dashboard.h"
#include "screen/font.h"
#include "screen/half.h"
#include "screen/qr_show.h"
#include "screen/rows.h"

#define STEP_NS 250000000ull
#define MOST    255u
#define CELLS   (SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS)

static const struct {
    unsigned columns, rows;
} sizes[] = {{80, 25}, {100, 37}, {128, 48}, {160, 50}, {160, 64}, {240, 67}, {240, 90}};
static const unsigned counts[] = {1, 4, 33, 255};

static struct cell cells[CELLS];
static bool changed[CELLS];
static struct tile tiles[TILES];
static struct judge_cpu cpus[MOST];
static struct cpu_facts facts[MOST];
static struct moment moments[MOST * HISTORY_MOMENTS];
static struct history history;
static struct machine_names names = {"Vendor", "Product", "Board", "Firmware 1.2.3"};
static struct figures figures;
static struct dashboard dashboard;
static struct shadow shadow = {.cells = cells, .changed = changed};
static uint64_t now_ns;

/* hv/cpu is not for the host. */
const char *core_word(enum core_type core)
{
    return core == CORE_PERFORMANCE ? "P" : core == CORE_EFFICIENT ? "E" : "-";
}

static void fill_cpu(unsigned cpu)
{
    cpus[cpu].seen = (struct keeper_cpu){
        .state = KEEPER_CPU_ONLINE,
        .apic_id = 2 * cpu,
        .hz = 2611993123 + cpu,
        .hz_ppb = 1400 + cpu,
        .rate_ppb = cpu % 3 ? (int64_t)cpu * 1000 : -(int64_t)cpu * 1000,
        .rate_bound_ppb = 900,
        .offset_ns = cpu % 2 ? (int64_t)cpu * 1234567 : -(int64_t)cpu * 17,
        .offset_bound_ns = 38 + cpu,
        .back = cpu,
    };
    facts[cpu] = (struct cpu_facts){.core = cpu % 3, .smi_counted = cpu % 2, .smi = 70 + cpu};
}

static void start(unsigned columns, unsigned rows, unsigned count, bool pixels)
{
    shadow.tiles = pixels ? tiles : NULL;
    shadow_init(&shadow, columns, rows);
    memset(&dashboard, 0, sizeof dashboard);
    memset(&figures, 0, sizeof figures);
    history_begin(&history, count, moments);
    for (unsigned cpu = 0; cpu < count; cpu++)
        fill_cpu(cpu);
    figures.cpus = cpus;
    figures.facts = facts;
    figures.history = &history;
    figures.names = &names;
    figures.cpu_name = "A CPU's name";
    figures.command_line = "some words=here";
    figures.evidence = (struct evidence){.cpus = cpus, .count = count, .source = "pmtimer"};
    figures.words = (struct judgement_words){
        .judgement = JUDGE_IN_STEP, .title = "STOPS IN IDLE", .linux_word = "unsafe"};
    strcpy(figures.words.means, "All 4 TSCs tell the same time to within 127 ns, at the same rate to within "
                                "0.101 ppm; nothing changed them in 9 s.");
    strcpy(
        figures.words.linux_advice,
        "CPUID does not promise a TSC that never stops and keeps its rate: Linux may choose another clock, "
        "and be right. The TSC is that of a virtual machine.");
    now_ns = STEP_NS;
}

static bool paint(enum dashboard_wish wish)
{
    now_ns += STEP_NS;
    if (!figures.ended)
        figures.now_ns = now_ns;
    if (!figures.ended && history_next(&history, now_ns))
        for (unsigned cpu = 0; cpu < history.cpus; cpu++)
            history_add(&history, cpu, cpus[cpu].seen.offset_ns, cpus[cpu].seen.hz_ppb);
    return dashboard_paint(&dashboard, &shadow, &figures, now_ns, wish);
}

static void end_with_code(void)
{
    figures.ended = true;
    figures.qr_made = qr_encode("MERIDIAN 0.5 IN-STEP LINUX:SAFE", &figures.qr);
    assert_true(figures.qr_made);
}

static const char *line(unsigned row)
{
    static char text[SHADOW_MAX_COLUMNS + 1];

    for (unsigned column = 0; column < shadow.columns; column++) {
        uint16_t glyph = cells[row * shadow.columns + column].glyph;

        text[column] = glyph < 256 ? (char)glyph : '\x01';
    }
    text[shadow.columns] = 0;
    return text;
}

static bool stands(const char *text)
{
    for (unsigned row = 0; row < shadow.rows; row++)
        if (strstr(line(row), text))
            return true;
    return false;
}

/* What a row is cut to on this screen. */
static bool cpu_stands(unsigned cpu)
{
    char text[ROW_BYTES];

    row_text(&figures, cpu, text);
    if (strlen(text) > shadow.columns)
        text[shadow.columns] = 0;
    return stands(text);
}

static void every_size(void (*check)(unsigned count))
{
    for (unsigned i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned n = 0; n < sizeof counts / sizeof counts[0]; n++) {
            start(sizes[i / 2].columns, sizes[i / 2].rows, counts[n], i % 2);
            paint(WISH_NONE);
            check(counts[n]);
        }
}

/* ---- What is where ---- */

static void nothing_overlaps(unsigned count)
{
    const struct layout *l = &dashboard.layout;

    assert_true(l->cpus >= 1 && l->cpus <= count);
    assert_true(count <= 4 ? l->cpus == count : l->cpus >= 4);
    assert_int_equal(LAYOUT_HEAD + 1 + l->cpus, l->plots);
    for (unsigned i = 0; i < 2; i++) {
        const struct plot *plot = &dashboard.plots[i];

        assert_true(plot->row > l->plots && plot->row + plot->rows < l->words);
        assert_true(plot->rows >= 4 && plot->rows <= PLOT_MOST_ROWS && plot->columns >= 20);
        assert_true(plot->column >= PLOT_LABELS && plot->column + plot->columns <= l->left);
        assert_true(plot->first_tile + plot->rows * plot->columns <= TILES);
    }
    assert_true(dashboard.plots[0].column + dashboard.plots[0].columns + PLOT_LABELS <=
                dashboard.plots[1].column);
    assert_true(dashboard.plots[0].rows * dashboard.plots[0].columns <= dashboard.plots[1].first_tile);
    assert_true(l->words + big_rows(l->scale) == l->text && l->text + l->text_rows == l->console);
    assert_true(big_columns(13, l->scale) <= l->left);
    assert_true(l->console + l->console_rows == shadow.rows);
}

static void test_layout(void **state)
{
    (void)state;
    every_size(nothing_overlaps);
}

static void code_has_room(unsigned count)
{
    const struct layout *l = &dashboard.layout;

    end_with_code();
    paint(WISH_NONE);
    nothing_overlaps(count);
    if (l->left == shadow.columns)
        return;
    assert_true(l->left + 1 + QR_COLUMNS <= shadow.columns && l->plots + QR_ROWS <= l->console);
}

static void test_layout_with_code(void **state)
{
    (void)state;
    every_size(code_has_room);
    start(128, 48, 4, true);
    end_with_code();
    paint(WISH_NONE);
    assert_int_equal(dashboard.layout.left, 128);
    start(129 + 1, 48, 4, true);
    end_with_code();
    paint(WISH_NONE);
    assert_int_equal(dashboard.layout.left, 130 - QR_COLUMNS - 1);
}

/* ---- What stands there ---- */

static void head_is_there(unsigned count)
{
    char text[64];

    assert_int_equal(strncmp(line(0), "Meridian " MERIDIAN_VERSION "  Vendor Product ", 20), 0);
    assert_true(stands("Firmware 1.2.3  \"some words=here\""));
    snprintf(text, sizeof text, "A CPU's name, %u CPUs, pmtimer, unified mode", count);
    assert_true(stands(text));
    for (unsigned i = 0; i < 200 && !stands("rate known to \xf1"); i++)
        paint(WISH_NONE);
    assert_true(stands("TSC beside CPU0's") && stands("rate known to \xf1"));
}

static void test_head(void **state)
{
    (void)state;
    every_size(head_is_there);
    figures.ended = true;
    figures.now_ns = 61000000000;
    paint(WISH_NONE);
    assert_non_null(strstr(line(0), " 61 s ended"));
}

/* Pages turn by themselves, and by a key. */
static void every_cpu_comes(unsigned count, enum dashboard_wish wish)
{
    bool seen[MOST] = {false};
    unsigned pages = (count + dashboard.layout.cpus - 1) / dashboard.layout.cpus;
    unsigned paints = wish == WISH_PAGE ? pages : (unsigned)(pages * DASHBOARD_PAGE_NS / STEP_NS) + 1;

    for (unsigned i = 0; i < paints; i++) {
        for (unsigned cpu = 0; cpu < count; cpu++)
            seen[cpu] |= cpu_stands(cpu);
        paint(wish);
    }
    for (unsigned cpu = 0; cpu < count; cpu++)
        assert_true(seen[cpu]);
}

static void all_cpus_come(unsigned count)
{
    if (count <= 33)
        every_cpu_comes(count, WISH_NONE);
    every_cpu_comes(count, WISH_PAGE);
}

static void test_rows(void **state)
{
    (void)state;
    every_size(all_cpus_come);
}

static const char *plain(const char *text)
{
    static char copy[ROW_BYTES];

    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c; c++)
        if (*c == '\xf1')
            *c = '~';
    return copy;
}

static void test_row_words(void **state)
{
    char text[ROW_BYTES];

    (void)state;
    start(80, 25, 6, false);
    /* clang-format off: one under the other */
    assert_string_equal(
        plain(row_heading),
        "  CPU    APIC core       MHz ~ppm    source    offset ns ~ns     rate back   SMI     rate ppb ~ppb");
    row_text(&figures, 0, text);
    assert_string_equal(
        plain(text),
        "* CPU0      0 -     2611.993 ~1.400  pmtimer          +0 ~38     even    0     -           +0 ~900");
    row_text(&figures, 5, text);
    assert_string_equal(
        plain(text),
        "! CPU5     10 E     2611.993 ~1.405  pmtimer    +6172835 ~43     fast    5    75        +5000 ~900");
    /* clang-format on */
    cpus[4].seen.offset_ns = 42;
    row_text(&figures, 4, text);
    assert_memory_equal(text, "+ CPU4 ", 7);
    cpus[4].seen.offset_ns = -43;
    row_text(&figures, 4, text);
    assert_memory_equal(text, "! CPU4 ", 7);
    cpus[4].seen.offset_bound_ns = cpus[4].seen.hz_ppb = cpus[4].seen.rate_bound_ppb = UINT64_MAX;
    row_text(&figures, 4, text);
    assert_memory_equal(text, "? CPU4 ", 7);
    assert_true(strstr(text, "\xf1?") && !strstr(text, "fast") && !strstr(text, "slow"));
    cpus[3].seen.state = KEEPER_CPU_STOPPED;
    row_text(&figures, 3, text);
    assert_memory_equal(text, "x CPU3 ", 7);
    assert_non_null(strstr(text, "slow"));
    cpus[3].seen.state = KEEPER_CPU_LEFT_OUT;
    row_text(&figures, 3, text);
    assert_string_equal(text, "x CPU3      6  left out: its TSC cannot be measured");
}

/* All words of `text`, in their order, in the rows from `row` on and no further right than `columns`. */
static void reads(unsigned row, unsigned rows, unsigned columns, const char *text)
{
    static char all[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS + SHADOW_MAX_ROWS];
    char copy[JUDGE_TEXT], *word, *at = all;

    all[0] = 0;
    for (unsigned i = 0; i < rows; i++)
        sprintf(all + strlen(all), "%.*s ", (int)columns, line(row + i));
    snprintf(copy, sizeof copy, "%s", text);
    for (word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        at = strstr(at, word);
        assert_non_null(at);
        at += strlen(word);
    }
}

static void words_are_there(unsigned count)
{
    const struct layout *l = &dashboard.layout;

    (void)count;
    reads(l->text, l->text_rows, l->left, figures.words.means);
    reads(l->text, l->text_rows, l->left, figures.words.linux_advice);
    end_with_code();
    paint(WISH_NONE);
    reads(l->text, l->text_rows, l->left, figures.words.linux_advice);
}

static void test_words(void **state)
{
    (void)state;
    every_size(words_are_there);
}

static bool dot_at(unsigned row, unsigned column, bool lower)
{
    const struct cell *cell = &cells[row * shadow.columns + column];

    if (cell->glyph == 0xdb)
        return true;
    return cell->glyph == (lower ? 0xdc : 0xdf);
}

/* The title's dots are the small font's, each `scale` dots wide and high. */
static void title_is_large(unsigned count)
{
    const struct layout *l = &dashboard.layout;

    (void)count;
    for (unsigned i = 0; figures.words.title[i]; i++)
        for (unsigned y = 0; y < FONT_SMALL_HEIGHT * l->scale; y++)
            for (unsigned x = 0; x < FONT_SMALL_WIDTH * l->scale; x++)
                assert_int_equal(dot_at(l->words + y / 2, i * FONT_SMALL_WIDTH * l->scale + x, y % 2),
                                 font_small(figures.words.title[i])[y / l->scale] >>
                                         (FONT_SMALL_WIDTH - 1 - x / l->scale) &
                                     1);
}

static void test_title(void **state)
{
    (void)state;
    every_size(title_is_large);
    start(80, 25, 1, false);
    paint(WISH_NONE);
    assert_int_equal(dashboard.layout.scale, 1);
    figures.words.title = "DRIFT";
    paint(WISH_NONE);
    for (unsigned column = big_columns(5, 1); column < 80; column++)
        assert_int_equal(cells[dashboard.layout.words * 80 + column].glyph, ' ');
}

/* ---- The code ---- */

static bool code_at(unsigned row, unsigned column)
{
    for (unsigned y = 0; y < QR_MODULES; y++)
        for (unsigned x = 0; x < QR_MODULES; x++)
            if (dot_at(row + (y + QR_QUIET) / 2, column + x + QR_QUIET, (y + QR_QUIET) % 2) ==
                figures.qr.dark[y][x]) /* white is drawn, dark is not */
                return false;
    return true;
}

static void test_code_beside(void **state)
{
    (void)state;
    start(160, 50, 4, true);
    paint(WISH_NONE);
    end_with_code();
    for (unsigned i = 0; i < 100; i++) {
        assert_true(paint(WISH_NONE));
        assert_true(code_at(dashboard.layout.plots, dashboard.layout.left + 1));
        assert_true(cpu_stands(0));
    }
}

/* Where only one of them fits: the dashboard, then the code, each for ten seconds. */
static void test_code_in_turns(void **state)
{
    unsigned alone = 0, turns = 0, paints = (unsigned)(8 * DASHBOARD_FLIP_NS / STEP_NS);
    bool before = true, now;

    (void)state;
    start(80, 25, 4, false);
    for (unsigned i = 0; i < paints; i++)
        assert_true(paint(WISH_NONE));
    end_with_code();
    assert_true(paint(WISH_NONE));
    for (unsigned i = 0; i < paints; i++) {
        now = paint(WISH_NONE);
        assert_int_equal(code_at(0, 80 - QR_COLUMNS), !now);
        assert_int_equal(cpu_stands(0), now);
        turns += now != before;
        alone += !now;
        before = now;
    }
    assert_true(turns == 7 || turns == 8);
    assert_in_range(alone, paints / 2 - 8, paints / 2 + 8);
}

static void test_code_by_key(void **state)
{
    (void)state;
    start(80, 25, 4, false);
    assert_true(paint(WISH_QR)); /* there is none yet */
    end_with_code();
    assert_true(paint(WISH_NONE));
    assert_false(paint(WISH_QR));
    for (unsigned i = 0; i < 200; i++)
        assert_false(paint(WISH_NONE)); /* it stays */
    assert_true(paint(WISH_QR));
    for (unsigned i = 0; i < 200; i++)
        assert_true(paint(WISH_NONE));
}

/* VGA text would blink. */
static void no_bright_background(void)
{
    end_with_code();
    for (unsigned i = 0; i < 90; i++) {
        paint(WISH_NONE);
        for (unsigned at = 0; at < shadow.rows * shadow.columns; at++)
            assert_false(cells[at].attribute & 0x80);
    }
}

static void test_backgrounds(void **state)
{
    (void)state;
    start(80, 25, 4, false);
    no_bright_background();
    half_put(&shadow, 0, 0, WHITE, LIGHT_RED);
    assert_int_equal(cells[0].glyph, 0xdf);
    assert_int_equal(cells[0].attribute, ATTRIBUTE(WHITE, RED));
}

/* What has not changed is not drawn again. */
static void test_still(void **state)
{
    unsigned row, column, left = 0;

    (void)state;
    start(100, 37, 4, true);
    for (unsigned i = 0; i < 40; i++)
        paint(WISH_NONE);
    figures.ended = true;
    for (unsigned i = 0; i < 4; i++)
        paint(WISH_NONE);
    while (shadow_take_changed(&shadow, &row, &column))
        ;
    for (unsigned i = 0; i < 40; i++)
        paint(WISH_NONE);
    while (shadow_take_changed(&shadow, &row, &column))
        left++;
    assert_int_equal(left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),        cmocka_unit_test(test_layout_with_code),
        cmocka_unit_test(test_head),          cmocka_unit_test(test_rows),
        cmocka_unit_test(test_row_words),     cmocka_unit_test(test_words),
        cmocka_unit_test(test_title),         cmocka_unit_test(test_code_beside),
        cmocka_unit_test(test_code_in_turns), cmocka_unit_test(test_code_by_key),
        cmocka_unit_test(test_backgrounds),   cmocka_unit_test(test_still),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
