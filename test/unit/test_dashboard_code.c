/* sources: hv/screen/dashboard.c hv/screen/panels.c hv/screen/plot.c hv/check/history.c hv/screen/font.c build/font/font_data.c hv/check/qr.c hv/screen/qr_show.c hv/screen/shadow.c hv/log/format.c */
/* When the QR code is there, and what is where there is room for nothing. */
#include "dashboard_fixture.h"

#include "screen/qr_show.h"

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

/* The log alone, and not a cell of ours. */
static void test_too_small(void **state)
{
    static const unsigned small[][2] = {{79, 25}, {80, 24}, {40, 12}, {1, 1}};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        start(small[i][0], small[i][1], 255, i % 2);
        assert_true(paint(WISH_PAGE));
        end_with_code();
        assert_true(paint(WISH_QR));
        assert_int_equal(dashboard.layout.console, 0);
        assert_int_equal(dashboard.layout.console_rows, small[i][1]);
        for (unsigned at = 0; at < small[i][0] * small[i][1]; at++)
            assert_int_equal(cells[at].glyph, ' ');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_beside),
        cmocka_unit_test(test_code_in_turns),
        cmocka_unit_test(test_code_by_key),
        cmocka_unit_test(test_too_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
