/* sources: hv/screen/dashboard.c hv/screen/panels.c hv/screen/pages.c hv/screen/plot.c hv/check/history.c hv/screen/font.c build/font/font_data.c hv/check/qr.c hv/screen/qr_show.c hv/screen/shadow.c hv/log/format.c */
/* The dashboard on screens of many sizes, with few CPUs and many: all of it is there, nothing twice. */
#include "dashboard_fixture.h"

#include "screen/font.h"
#include "screen/qr_show.h"

static const struct {
    unsigned columns, rows;
} sizes[] = {{80, 25},  {100, 37}, {128, 48}, {160, 50},  {160, 64}, {240, 67},
             {240, 90}, {320, 67}, {480, 73}, {180, 160}, {480, 135}};
static const unsigned counts[] = {1, 4, 33, 255};

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
    for (unsigned i = 0; i < 2 * shadow.columns && !stands("rate known to \xf1"); i++)
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
    assert_string_equal(plain(row_heading), "  CPU    APIC core       MHz ~ppm    source    offset ns ~ns    "
                                            " rate behind SMI     rate ppb ~ppb      place");
    row_text(&figures, 0, text);
    assert_string_equal(plain(text), "* CPU0      0 -     2611.993 ~1.400  pmtimer          +0 ~38     even  "
                                     "  0     -           +0 ~900      -");
    cpus[5].facts.place = (struct cpu_place){.from = "0Bh", .socket = 1, .core = 2, .thread = 1};
    row_text(&figures, 5, text);
    assert_string_equal(plain(text), "! CPU5     10 E     2611.993 ~1.405  pmtimer    +6172835 ~43     fast  "
                                     "  5    75        +5000 ~900      1/0/2/1");
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
    char copy[VERDICT_TEXT], *word, *at = all;

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
    reads(l->text, l->text_rows, l->left, figures.verdict.means);
    reads(l->text, l->text_rows, l->left, figures.verdict.linux_advice);
    end_with_code();
    paint(WISH_NONE);
    reads(l->text, l->text_rows, l->left, figures.verdict.linux_advice);
}

static void test_words(void **state)
{
    (void)state;
    every_size(words_are_there);
}

/* All of it stands there, beside all that is said of the TSCs, on the smallest screen too. */
static void stolen_is_there(unsigned count)
{
    const struct layout *l = &dashboard.layout;

    strcpy(figures.stolen, "Time was stolen: on CPU254 1234567 gaps of 10 us or more in 3600 s, the longest "
                           "12345 us, 1234 of 150 us or more; one each 1000.0 ms. SMIs: 1234.");
    figures.verdict.linux_advice[100] = 0;
    paint(WISH_NONE);
    reads(l->text, l->text_rows, l->left, figures.verdict.means);
    reads(l->text, l->text_rows, l->left, figures.verdict.linux_advice);
    reads(l->text, l->text_rows, l->left, figures.stolen);
    nothing_overlaps(count);
    code_has_room(count);
    reads(l->text, l->text_rows, l->left, figures.stolen);
}

static void test_stolen(void **state)
{
    (void)state;
    every_size(stolen_is_there);
}

/* The title's dots are the small font's, each `scale` dots wide and high. */
static void title_is_large(unsigned count)
{
    const struct layout *l = &dashboard.layout;

    (void)count;
    for (unsigned i = 0; figures.verdict.title[i]; i++)
        for (unsigned y = 0; y < FONT_SMALL_HEIGHT * l->scale; y++)
            for (unsigned x = 0; x < FONT_SMALL_WIDTH * l->scale; x++)
                assert_int_equal(dot_at(l->words + y / 2, i * FONT_SMALL_WIDTH * l->scale + x, y % 2),
                                 font_small(figures.verdict.title[i])[y / l->scale] >>
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
    figures.verdict.title = "DRIFT";
    paint(WISH_NONE);
    for (unsigned column = big_columns(5, 1); column < 80; column++)
        assert_int_equal(cells[dashboard.layout.words * 80 + column].glyph, ' ');
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
    shadow_put_halves(&shadow, 0, 0, WHITE, LIGHT_RED);
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
        cmocka_unit_test(test_layout),      cmocka_unit_test(test_layout_with_code),
        cmocka_unit_test(test_head),        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_row_words),   cmocka_unit_test(test_words),
        cmocka_unit_test(test_stolen),      cmocka_unit_test(test_title),
        cmocka_unit_test(test_backgrounds), cmocka_unit_test(test_still),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
