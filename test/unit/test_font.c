/* sources: hv/screen/font.c build/font/font_data.c */
/* The font against Debian's own files, unpacked by gzip and read by readers of PSF1 and PSF2 of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/font.h"

#define FOLDER "/usr/share/consolefonts"

static uint8_t file[65536];
static size_t file_size;

static void unpack(const char *name)
{
    char command[200];
    FILE *pipe;

    snprintf(command, sizeof(command), "gzip -dc '%s/%s'", getenv("FONTS") ? getenv("FONTS") : FOLDER, name);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    file_size = fread(file, 1, sizeof(file), pipe);
    assert_int_equal(pclose(pipe), 0);
    assert_true(file_size > 1000 && file_size < sizeof(file));
}

/* Of PSF1 (8x16): the glyph whose entry in the table at the end has `unicode`, by walking it. */
static const uint8_t *large_glyph(unsigned unicode)
{
    unsigned glyphs = file[2] & 1 ? 512 : 256, number = 0;
    const uint8_t *at = file + 4 + glyphs * 16;
    int sequence = 0;

    for (; at + 1 < file + file_size; at += 2) {
        unsigned word = at[0] | (unsigned)at[1] << 8;

        if (word == 0xffff) {
            number++;
            sequence = 0;
        } else if (word == 0xfffe) {
            sequence = 1;
        } else if (word == unicode && !sequence) {
            return file + 4 + number * 16;
        }
    }
    return NULL;
}

static const struct {
    uint8_t code;
    uint16_t unicode;
} beyond_ascii[] = {
    {0xdb, 0x2588}, {0xdc, 0x2584}, {0xdd, 0x258c}, {0xde, 0x2590}, {0xdf, 0x2580},
    {0xe6, 0x00b5}, {0xf1, 0x00b1}, {0xf8, 0x00b0}, {0xfa, 0x00b7},
};

static void glyphs_are_the_font_s(void **state)
{
    (void)state;
    unpack("spleen-8x16.psfu.gz");
    assert_memory_equal(file, "\x36\x04", 2);
    assert_int_equal(file[3], 16);
    for (unsigned c = 0x20; c < 0x7f; c++) {
        assert_non_null(large_glyph(c));
        assert_memory_equal(font_glyph((uint8_t)c), large_glyph(c), 16);
    }
    for (unsigned i = 0; i < sizeof(beyond_ascii) / sizeof(*beyond_ascii); i++) {
        assert_non_null(large_glyph(beyond_ascii[i].unicode));
        assert_memory_equal(font_glyph(beyond_ascii[i].code), large_glyph(beyond_ascii[i].unicode), 16);
    }
}

/* The half blocks are what big words and QR codes are made of: they must meet without a gap. */
static void blocks_fill_their_halves(void **state)
{
    (void)state;
    for (unsigned row = 0; row < 16; row++) {
        assert_int_equal(font_glyph(0xdb)[row], 0xff);
        assert_int_equal(font_glyph(0xdf)[row], row < 8 ? 0xff : 0);
        assert_int_equal(font_glyph(0xdc)[row], row < 8 ? 0 : 0xff);
        assert_int_equal(font_glyph(0xdd)[row], 0xf0);
        assert_int_equal(font_glyph(0xde)[row], 0x0f);
        assert_int_equal(font_glyph(' ')[row], 0);
    }
}

static void what_is_not_there_is_blank(void **state)
{
    unsigned known = 95 + sizeof(beyond_ascii) / sizeof(*beyond_ascii), seen = 0;

    (void)state;
    for (unsigned code = 0; code < 256; code++)
        seen += code == ' ' || font_glyph((uint8_t)code) != font_glyph(' ');
    assert_int_equal(seen, known);
    for (unsigned row = 0; row < 8; row++)
        assert_int_equal(font_small('1')[row] | font_small('a')[row] | font_small(' ')[row], 0);
}

static unsigned long number_at(unsigned at)
{
    return file[at] | file[at + 1] << 8 | file[at + 2] << 16 | (unsigned long)file[at + 3] << 24;
}

/* Of PSF2 (5x8), whose table is UTF-8, an entry ending in 0xff: the one that begins with this letter. */
static const uint8_t *small_glyph(char letter)
{
    const uint8_t *at = file + number_at(8) + number_at(16) * number_at(20);
    unsigned number = 0;

    for (int start = 1; at < file + file_size; at++) {
        if (start && *at == (uint8_t)letter)
            return file + number_at(8) + number * number_at(20);
        start = *at == 0xff;
        number += start;
    }
    return NULL;
}

static void capitals_are_the_small_font_s(void **state)
{
    (void)state;
    unpack("spleen-5x8.psfu.gz");
    assert_memory_equal(file, "\x72\xb5\x4a\x86", 4);
    assert_int_equal(number_at(20), 8);
    for (char letter = 'A'; letter <= 'Z'; letter++) {
        const uint8_t *rows = small_glyph(letter);

        assert_non_null(rows);
        for (unsigned row = 0; row < 8; row++)
            assert_int_equal(font_small(letter)[row], rows[row] >> 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glyphs_are_the_font_s),
        cmocka_unit_test(blocks_fill_their_halves),
        cmocka_unit_test(what_is_not_there_is_blank),
        cmocka_unit_test(capitals_are_the_small_font_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
