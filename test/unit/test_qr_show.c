/* sources: hv/screen/qr_show.c hv/check/qr.c hv/screen/shadow.c hv/log/format.c */
/* A QR code in cells, read back from the cells by zbar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "screen/qr_show.h"

#define COLUMNS 80u
#define ROWS    25u
#define TEXT    "MERIDIAN 0.5 IN-STEP LINUX:SAFE OPT:NONE CPUS:4 S:60 OFF:-4+-38"

static struct cell cells[COLUMNS * ROWS];
static bool changed[COLUMNS * ROWS];
static struct shadow shadow = {.cells = cells, .changed = changed};

static void start(void)
{
    shadow_init(&shadow, COLUMNS, ROWS);
    shadow_fill(&shadow, 0, 0, ROWS, COLUMNS, '#', ATTRIBUTE(YELLOW, BLUE));
}

static bool untouched(unsigned row, unsigned column)
{
    const struct cell *cell = &cells[row * COLUMNS + column];

    return cell->glyph == '#' && cell->attribute == ATTRIBUTE(YELLOW, BLUE);
}

/* The colour of a cell's upper or lower half, as code page 437 draws it. */
static unsigned colour(unsigned row, unsigned column)
{
    const struct cell *cell = &cells[row / 2 * COLUMNS + column];
    bool upper = row % 2 == 0, front;

    switch (cell->glyph) {
    case 0xdb: front = true; break;
    case 0xdf: front = upper; break;
    case 0xdc: front = !upper; break;
    default: assert_int_equal(cell->glyph, ' '); front = false;
    }
    return front ? cell->attribute & 0xf : cell->attribute >> 4;
}

/* Every module where it belongs, four of white all round, nothing beside. */
static void in_its_place(void **state)
{
    const unsigned top = 0, left = 7;
    struct qr qr;

    (void)state;
    start();
    assert_true(qr_encode(TEXT, &qr));
    assert_true(qr_show(&shadow, top, left, &qr));
    for (unsigned row = 0; row < ROWS; row++)
        for (unsigned column = 0; column < COLUMNS; column++)
            assert_int_equal(untouched(row, column), column < left || column >= left + QR_COLUMNS);
    for (unsigned r = 0; r < 2 * QR_ROWS; r++)
        for (unsigned c = 0; c < QR_COLUMNS; c++) {
            bool inside =
                r >= QR_QUIET && r < QR_QUIET + QR_MODULES && c >= QR_QUIET && c < QR_QUIET + QR_MODULES;
            bool dark = inside && qr.dark[r - QR_QUIET][c - QR_QUIET];

            assert_int_equal(colour(r, left + c), dark ? BLACK : WHITE);
        }
    /* VGA text takes the highest bit of an attribute for blinking. */
    for (unsigned i = 0; i < ROWS * COLUMNS; i++)
        assert_false(cells[i].attribute & 0x80);
}

static void no_room(void **state)
{
    struct qr qr;

    (void)state;
    assert_true(qr_encode(TEXT, &qr));
    start();
    assert_false(qr_show(&shadow, 1, 0, &qr));
    assert_false(qr_show(&shadow, 0, COLUMNS - QR_COLUMNS + 1, &qr));
    for (unsigned i = 0; i < ROWS * COLUMNS; i++)
        assert_true(untouched(i / COLUMNS, i % COLUMNS));
    assert_true(qr_show(&shadow, 0, COLUMNS - QR_COLUMNS, &qr));
}

/* As a camera sees it: each half of a cell a square of some points. */
static void zbar_reads_it(void **state)
{
    char path[] = "/tmp/qr_show.XXXXXX", command[128], line[256];
    const unsigned scale = 4;
    struct qr qr;
    FILE *file;

    (void)state;
    start();
    assert_true(qr_encode(TEXT, &qr));
    assert_true(qr_show(&shadow, 0, 20, &qr));
    file = fdopen(mkstemp(path), "wb");
    assert_non_null(file);
    fprintf(file, "P5\n%u %u\n255\n", QR_COLUMNS * scale, QR_COLUMNS * scale);
    for (unsigned y = 0; y < QR_COLUMNS * scale; y++)
        for (unsigned x = 0; x < QR_COLUMNS * scale; x++)
            putc(colour(y / scale, 20 + x / scale) == BLACK ? 0 : 255, file);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof command, "zbarimg -q --nodbus --raw -Sdisable -Sqrcode.enable pgm:%s", path);
    file = popen(command, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    line[strcspn(line, "\n")] = 0;
    assert_string_equal(line, TEXT);
    assert_int_equal(pclose(file), 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_its_place),
        cmocka_unit_test(no_room),
        cmocka_unit_test(zbar_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
