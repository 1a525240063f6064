/* sources: hv/screen/console.c hv/screen/shadow.c hv/log/format.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/console.h"

#define COLUMNS 80u
#define ROWS    25u

static struct cell cells[COLUMNS * ROWS];
static bool changed[COLUMNS * ROWS];
static struct shadow shadow = {.cells = cells, .changed = changed};
static struct console console;

static int begin(void **state)
{
    (void)state;
    console = (struct console){.end = 0};
    shadow_init(&shadow, COLUMNS, ROWS);
    shadow_fill(&shadow, 0, 0, ROWS, COLUMNS, '#', 0);
    return 0;
}

static void say(const char *text)
{
    console_add(&console, text, strlen(text));
}

/* One row as text, without the blanks at its end. */
static const char *row(unsigned number)
{
    static char text[COLUMNS + 1];
    unsigned length = COLUMNS;

    for (unsigned i = 0; i < COLUMNS; i++)
        text[i] = (char)cells[number * COLUMNS + i].glyph;
    while (length && text[length - 1] == ' ')
        length--;
    text[length] = 0;
    return text;
}

static void lines_from_the_top(void **state)
{
    (void)state;
    say("one\ntwo\n\nfour");
    console_show(&console, &shadow, 0, ROWS);
    assert_string_equal(row(0), "one");
    assert_string_equal(row(1), "two");
    assert_string_equal(row(2), "");
    assert_string_equal(row(3), "four");
    for (unsigned i = 4; i < ROWS; i++)
        assert_string_equal(row(i), "");
}

static void nothing_yet_is_blank(void **state)
{
    (void)state;
    console_show(&console, &shadow, 3, 4);
    assert_string_equal(row(2) + COLUMNS - 1, "#");
    for (unsigned i = 3; i < 7; i++)
        assert_string_equal(row(i), "");
    assert_string_equal(row(7) + COLUMNS - 1, "#");
}

static void the_last_lines_and_only_in_their_place(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        char line[20];

        snprintf(line, sizeof(line), "line %u\n", i);
        say(line);
    }
    console_show(&console, &shadow, 10, 3);
    assert_string_equal(row(10), "line 97");
    assert_string_equal(row(11), "line 98");
    assert_string_equal(row(12), "line 99");
    assert_string_equal(row(9) + COLUMNS - 1, "#");
    assert_string_equal(row(13) + COLUMNS - 1, "#");
    say("100");
    console_show(&console, &shadow, 10, 3);
    assert_string_equal(row(10), "line 98");
    assert_string_equal(row(12), "100");
    console_show(&console, &shadow, 10, 0);
    assert_string_equal(row(10), "line 98");
}

static void lines_for_programs_are_left_out(void **state)
{
    (void)state;
    say("a\n@second n=1\nb\n@verdic result=ok\n@\nc @verdict\n@verdict result=ok\n@verdicts\n");
    console_show(&console, &shadow, 0, ROWS);
    assert_string_equal(row(0), "a");
    assert_string_equal(row(1), "b");
    assert_string_equal(row(2), "c @verdict");
    assert_string_equal(row(3), "@verdict result=ok");
}

/* Where the screen says it better. */
static void the_verdict_may_be_left_out_too(void **state)
{
    (void)state;
    console.no_verdict = true;
    say("a\n@verdict result=ok\n@\nb@verdict\n@second n=1\n");
    console.no_verdict = false;
    say("@verdict result=fail\n");
    console_show(&console, &shadow, 0, ROWS);
    assert_string_equal(row(0), "a");
    assert_string_equal(row(1), "b@verdict");
    assert_string_equal(row(2), "@verdict result=fail");
}

/* A guest's console comes in pieces of any length. */
static void the_same_byte_by_byte(void **state)
{
    const char *text = "a\n@sample n=1\n@verdict result=fail\n\tb\n";

    (void)state;
    for (const char *at = text; *at; at++)
        console_add(&console, at, 1);
    console_show(&console, &shadow, 0, ROWS);
    assert_string_equal(row(0), "a");
    assert_string_equal(row(1), "@verdict result=fail");
    assert_string_equal(row(2), "        b");
    assert_string_equal(row(3), "");
}

static void control_characters(void **state)
{
    (void)state;
    say("ab\tc\r\nd\033[1m\xf1\x7f\n12345678\t9\n");
    console_show(&console, &shadow, 0, ROWS);
    assert_string_equal(row(0), "ab      c");
    assert_string_equal(row(1), "d[1m\xf1\x7f");
    assert_string_equal(row(2), "12345678        9");
}

static void long_lines_are_wrapped(void **state)
{
    char line[260];

    (void)state;
    for (unsigned i = 0; i < 240; i++)
        line[i] = (char)('a' + i / 80);
    strcpy(line + 240, "\nend\n");
    say("begin\n");
    say(line);
    console_show(&console, &shadow, 0, ROWS);
    assert_string_equal(row(0), "begin");
    assert_int_equal(row(1)[0], 'a');
    assert_int_equal(row(2)[79], 'b');
    assert_int_equal(row(3)[0], 'c');
    assert_string_equal(row(4), "end"); /* a line that fills its rows takes no further one */
    console_show(&console, &shadow, 0, 3);
    assert_string_equal(row(0), "end"); /* a part of a line is not shown */
    assert_string_equal(row(1), "");
    console_show(&console, &shadow, 0, 4);
    assert_int_equal(row(0)[0], 'a');
    assert_string_equal(row(3), "end");
}

static void a_line_longer_than_its_place_is_shown_by_its_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++)
        say(i < 160 ? "x" : i < 240 ? "y" : "z");
    console_show(&console, &shadow, 0, 2);
    assert_int_equal(row(0)[0], 'y');
    assert_int_equal(row(0)[79], 'y');
    assert_int_equal(row(1)[0], 'z');
    assert_int_equal(strlen(row(1)), 60);
}

/* What a writer may be about to write over is never shown, and a cut line's rest is. */
static void the_ring_turns(void **state)
{
    char expected[20];

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        char line[20];

        snprintf(line, sizeof(line), "%u\n", i);
        say(line);
    }
    console_show(&console, &shadow, 0, ROWS);
    for (unsigned i = 0; i < ROWS; i++) {
        snprintf(expected, sizeof(expected), "%u", 5000 - ROWS + i);
        assert_string_equal(row(i), expected);
    }
    for (unsigned i = 0; i < CONSOLE_BYTES * 3; i++)
        say("q");
    console_show(&console, &shadow, 0, ROWS);
    for (unsigned i = 0; i < ROWS; i++)
        assert_int_equal(row(i)[0], 'q');
}

/* On a large screen there is room for all of the ring: but not what a writer may be at is shown. */
static void the_oldest_is_kept_away_from(void **state)
{
    static struct cell many[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS];
    static bool some[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS];
    struct shadow large = {.cells = many, .changed = some};
    unsigned shown = 0;

    (void)state;
    shadow_init(&large, SHADOW_MAX_COLUMNS, SHADOW_MAX_ROWS);
    for (unsigned i = 0; i < CONSOLE_BYTES * 2; i++)
        say("q");
    console_show(&console, &large, 0, SHADOW_MAX_ROWS);
    for (unsigned i = 0; i < SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS; i++)
        shown += many[i].glyph == 'q';
    assert_int_equal(shown, CONSOLE_BYTES - CONSOLE_SPARE);
}

/* Any text, in any pieces: nothing is written outside its place, and all of it is. */
static void any_text(void **state)
{
    (void)state;
    srand(5);
    for (unsigned turn = 0; turn < 3000; turn++) {
        char piece[700];
        unsigned length = (unsigned)rand() % sizeof(piece), rows = (unsigned)rand() % (ROWS - 2) + 1;

        for (unsigned i = 0; i < length; i++)
            piece[i] = rand() % 40 ? (char)rand() : "\n@\t\n"[rand() % 4];
        console_add(&console, piece, length);
        console_show(&console, &shadow, 1, rows);
        for (unsigned i = 0; i < COLUMNS; i++) {
            assert_int_equal(cells[i].glyph, '#');
            assert_int_not_equal(cells[rows * COLUMNS + i].glyph, 0);
            assert_int_equal(cells[(rows + 1) * COLUMNS + i].glyph, '#');
        }
        shadow_fill(&shadow, 1, 0, ROWS - 1, COLUMNS, '#', 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_from_the_top, begin),
        cmocka_unit_test_setup(nothing_yet_is_blank, begin),
        cmocka_unit_test_setup(the_last_lines_and_only_in_their_place, begin),
        cmocka_unit_test_setup(lines_for_programs_are_left_out, begin),
        cmocka_unit_test_setup(the_verdict_may_be_left_out_too, begin),
        cmocka_unit_test_setup(the_same_byte_by_byte, begin),
        cmocka_unit_test_setup(control_characters, begin),
        cmocka_unit_test_setup(long_lines_are_wrapped, begin),
        cmocka_unit_test_setup(a_line_longer_than_its_place_is_shown_by_its_end, begin),
        cmocka_unit_test_setup(the_ring_turns, begin),
        cmocka_unit_test_setup(the_oldest_is_kept_away_from, begin),
        cmocka_unit_test_setup(any_text, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
