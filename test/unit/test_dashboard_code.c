/* sources: hv/screen/dashboard.c hv/screen/panels.c hv/screen/pages.c hv/screen/plot.c hv/check/history.c hv/screen/font.c build/font/font_data.c hv/check/qr.c hv/screen/qr_show.c hv/screen/shadow.c hv/log/format.c */
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

/* ---- Where to send it ---- */

static const char *const contacts[] = {
    "a@b.org",
    "Jane Doe of the Clock Tower <jane.doe@clocks.example.org>, or by letter to her at Tower Hill 12",
    "https://github.com/somebody-with-a-long-name/meridian-a-hypervisor-that-keeps-time/issues/"
    "new?labels=report&title=check+",
};

/* All that stands in these cells, without blanks. */
static const char *text_in(unsigned row, unsigned rows, unsigned column, unsigned columns)
{
    static char text[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS + 1];
    unsigned length = 0;

    for (unsigned r = row; r < row + rows; r++)
        for (unsigned c = column; c < column + columns; c++)
            if (line(r)[c] != ' ')
                text[length++] = line(r)[c];
    text[length] = 0;
    return text;
}

static const char *without_blanks(const char *text)
{
    static char out[256];
    unsigned length = 0;

    for (; *text; text++)
        if (*text != ' ')
            out[length++] = *text;
    out[length] = 0;
    return out;
}

/* Whole, in its own place under the code, or left of it where the code is alone; and the code is whole. */
static void contact_is_shown(const char *contact, bool alone)
{
    const struct layout *l = &dashboard.layout;
    unsigned rows = qr_contact_rows(contact, QR_COLUMNS);
    char sentence[256];

    snprintf(sentence, sizeof sentence, "send it to %s", contact);
    if (alone) {
        assert_true(code_at(0, shadow.columns - QR_COLUMNS));
        assert_non_null(
            strstr(text_in(0, shadow.rows, 0, shadow.columns - QR_COLUMNS), without_blanks(sentence)));
    } else {
        assert_true(code_at(l->plots, l->left + 1));
        assert_true(l->plots + QR_ROWS + rows <= l->console);
        assert_string_equal(text_in(l->plots + QR_ROWS, rows, l->left + 1, QR_COLUMNS),
                            without_blanks(sentence));
    }
}

static void test_contact(void **state)
{
    static const unsigned sizes[][2] = {{80, 25},  {100, 37}, {129, 33}, {130, 34}, {130, 38},
                                        {160, 50}, {160, 64}, {240, 67}, {240, 90}};

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned n = 0; n < 3; n++)
            for (unsigned count = 1; count < MOST; count += 50) {
                bool alone;

                start(sizes[i / 2][0], sizes[i / 2][1], count, i % 2);
                figures.contact = contacts[n];
                assert_true(strlen(contacts[n]) <= CONTACT_MOST);
                paint(WISH_NONE);
                end_with_code();
                paint(WISH_NONE);
                alone = dashboard.layout.left == shadow.columns;
                assert_int_equal(paint(alone ? WISH_QR : WISH_NONE), !alone);
                contact_is_shown(contacts[n], alone);
                paint(alone ? WISH_QR : WISH_NONE);
                if (alone)
                    assert_false(stands("send it to"));
            }
}

static void test_no_contact(void **state)
{
    (void)state;
    start(80, 25, 4, false);
    end_with_code();
    assert_true(paint(WISH_NONE));
    assert_false(paint(WISH_QR));
    assert_false(stands("send it to "));
    start(160, 50, 4, true);
    end_with_code();
    paint(WISH_NONE);
    assert_false(stands("send it to "));
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
        cmocka_unit_test(test_code_beside), cmocka_unit_test(test_code_in_turns),
        cmocka_unit_test(test_code_by_key), cmocka_unit_test(test_contact),
        cmocka_unit_test(test_no_contact),  cmocka_unit_test(test_too_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
