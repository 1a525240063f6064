/* sources: hv/screen/shadow.c hv/log/format.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen/shadow.h"

#define GREY ATTRIBUTE(LIGHT_GREY, BLACK)

static struct cell cells[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS + 1];
static bool changed[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS + 1];
static struct shadow shadow = {.cells = cells, .changed = changed};

/* As a device does; how many cells it writes. */
static unsigned draw_all(void)
{
    unsigned row, column, count = 0;

    while (shadow_take_changed(&shadow, &row, &column)) {
        assert_true(row < shadow.rows && column < shadow.columns);
        count++;
    }
    return count;
}

static void begin(unsigned columns, unsigned rows)
{
    cells[columns * rows] = (struct cell){0x5a, 0x5a};
    changed[columns * rows] = false;
    shadow_init(&shadow, columns, rows);
}

/* Nobody wrote behind the last cell. */
static void end(void)
{
    unsigned after = shadow.columns * shadow.rows;

    assert_int_equal(cells[after].glyph, 0x5a);
    assert_false(changed[after]);
}

static void all_is_drawn_once(void **state)
{
    (void)state;
    begin(80, 25);
    assert_int_equal(draw_all(), 2000);
    assert_int_equal(draw_all(), 0);
    shadow_clear(&shadow, GREY);
    assert_int_equal(draw_all(), 0);
    shadow_redraw(&shadow);
    assert_int_equal(draw_all(), 2000);
    end();
}

/* A screen that is painted again just as it was writes nothing. */
static void an_unchanged_screen_costs_no_write(void **state)
{
    (void)state;
    begin(100, 37);
    draw_all();
    for (unsigned i = 0; i < 3; i++) {
        shadow_text(&shadow, 3, 10, 20, GREY, "CPU0 +12 ns");
        shadow_fill(&shadow, 20, 0, 5, 100, 0xdb, ATTRIBUTE(GREEN, BLACK));
        assert_int_equal(draw_all(), i == 0 ? 9 + 500 : 0); /* two of the text's eleven are blanks */
    }
    shadow_text(&shadow, 3, 10, 20, GREY, "CPU0 +13 ns");
    assert_int_equal(draw_all(), 1);
    shadow_put(&shadow, 3, 10, 'C', ATTRIBUTE(WHITE, BLACK)); /* a colour is a change too */
    assert_int_equal(draw_all(), 1);
    end();
}

static void nothing_is_written_outside(void **state)
{
    (void)state;
    begin(80, 25);
    draw_all();
    shadow_put(&shadow, 25, 0, 'x', GREY);
    shadow_put(&shadow, 0, 80, 'x', GREY);
    shadow_put(&shadow, 4000000000u, 4000000000u, 'x', GREY);
    shadow_tile_changed(&shadow, 25, 0);
    shadow_tile_changed(&shadow, 0, 80);
    assert_int_equal(draw_all(), 0);
    assert_int_equal(shadow_text(&shadow, 24, 75, 10, GREY, "0123456789"), 85);
    assert_int_equal(draw_all(), 5);
    shadow_fill(&shadow, 20, 70, 10, 20, '#', GREY);
    assert_int_equal(draw_all(), 5 * 10);
    end();
}

static void text_is_cut_and_filled_up(void **state)
{
    (void)state;
    begin(80, 25);
    shadow_text(&shadow, 0, 0, 12, GREY, "a longer text");
    assert_int_equal(cells[11].glyph, 'x');
    assert_int_equal(cells[12].glyph, ' ');
    assert_int_equal(shadow_text(&shadow, 0, 0, 12, GREY, "\xf1"), 12);
    assert_int_equal(cells[0].glyph, 0xf1);
    for (unsigned i = 1; i < 12; i++)
        assert_int_equal(cells[i].glyph, ' ');
    end();
}

/* A slice that ends early goes on where it was, so that no part starves; a new picture begins on top. */
static void slices_go_on_where_they_were(void **state)
{
    unsigned row, column;

    (void)state;
    begin(80, 25);
    for (unsigned i = 0; i < 100; i++)
        assert_true(shadow_take_changed(&shadow, &row, &column));
    shadow_put(&shadow, 0, 5, 'x', GREY);
    assert_true(shadow_take_changed(&shadow, &row, &column));
    assert_int_equal(row * 80 + column, 100);
    assert_int_equal(draw_all(), 1900);
    shadow_put(&shadow, 0, 5, 'y', GREY);
    shadow_put(&shadow, 24, 5, 'y', GREY);
    assert_true(shadow_take_changed(&shadow, &row, &column));
    assert_int_equal(row, 0);
    assert_int_equal(draw_all(), 1);
    end();
}

static void a_tile_that_changed_is_drawn_again(void **state)
{
    unsigned row, column;

    (void)state;
    begin(100, 37);
    shadow_put(&shadow, 7, 8, SHADOW_TILE + 3, GREY);
    draw_all();
    shadow_tile_changed(&shadow, 7, 8);
    assert_true(shadow_take_changed(&shadow, &row, &column));
    assert_int_equal(row, 7);
    assert_int_equal(column, 8);
    assert_int_equal(draw_all(), 0);
}

static void largest(void **state)
{
    (void)state;
    begin(SHADOW_MAX_COLUMNS, SHADOW_MAX_ROWS);
    assert_int_equal(draw_all(), SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_drawn_once),
        cmocka_unit_test(an_unchanged_screen_costs_no_write),
        cmocka_unit_test(nothing_is_written_outside),
        cmocka_unit_test(text_is_cut_and_filled_up),
        cmocka_unit_test(slices_go_on_where_they_were),
        cmocka_unit_test(a_tile_that_changed_is_drawn_again),
        cmocka_unit_test(largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
