/* sources: hv/screen/pixel.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen/pixel.h"
#include "screen/shadow.h"

static const struct boot_field rgb888[3] = {{16, 8}, {8, 8}, {0, 8}};
static const struct boot_field bgr888[3] = {{0, 8}, {8, 8}, {16, 8}};
static const struct boot_field rgb565[3] = {{11, 5}, {5, 6}, {0, 5}};
static const struct boot_field rgb555[3] = {{10, 5}, {5, 5}, {0, 5}};
static const struct boot_field rgb101010[3] = {{20, 10}, {10, 10}, {0, 10}};

/* The sixteen colours as every VGA has shown them. */
static const uint32_t vga[16] = {
    0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
    0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff,
};

static void colours_of_a_vga(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(pixel_of(rgb888, i), vga[i]);
        assert_int_equal(pixel_of(bgr888, i), vga[i] >> 16 | (vga[i] & 0xff00) | (vga[i] & 0xff) << 16);
    }
}

static void other_layouts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        unsigned red = vga[i] >> 16, green = vga[i] >> 8 & 0xff, blue = vga[i] & 0xff;

        assert_int_equal(pixel_of(rgb565, i), (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3);
        assert_int_equal(pixel_of(rgb555, i), (red >> 3) << 10 | (green >> 3) << 5 | blue >> 3);
        assert_int_equal(pixel_of(rgb101010, i), (red << 2 | red >> 6) << 20 |
                                                     (green << 2 | green >> 6) << 10 | blue << 2 | blue >> 6);
    }
    assert_int_equal(pixel_of(rgb101010, WHITE), 0x3fffffff);
    assert_int_equal(pixel_of(rgb555, WHITE), 0x7fff);
}

static void one_bit_and_sixteen(void **state)
{
    const struct boot_field thin[3] = {{2, 1}, {1, 1}, {0, 1}}, wide[3] = {{16, 16}, {8, 8}, {0, 8}};

    (void)state;
    assert_int_equal(pixel_of(thin, WHITE), 7);
    assert_int_equal(pixel_of(thin, BLACK), 0);
    assert_int_equal(pixel_of(thin, LIGHT_BLUE), 1);
    assert_int_equal(pixel_of(wide, WHITE), 0xffffffff);
    assert_int_equal(pixel_of(wide, RED), 0xaaaa0000);
}

static void bytes(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 256; bits++)
        assert_int_equal(pixel_bytes(bits), bits == 15 || bits == 16 ? 2
                                            : bits == 24             ? 3
                                            : bits == 32             ? 4
                                                                     : 0);
}

static void fields_that_cannot_be(void **state)
{
    const struct boot_field none[3] = {{16, 8}, {8, 0}, {0, 8}}, over[3] = {{16, 8}, {9, 8}, {0, 8}},
                            far[3] = {{25, 8}, {8, 8}, {0, 8}}, wide[3] = {{15, 17}, {8, 7}, {0, 8}},
                            wraps[3] = {{255, 8}, {8, 8}, {0, 8}}, same[3] = {{0, 8}, {8, 8}, {0, 8}};

    (void)state;
    assert_true(pixel_fields_fit(rgb888, 32));
    assert_true(pixel_fields_fit(rgb888, 24));
    assert_true(pixel_fields_fit(rgb565, 16));
    assert_true(pixel_fields_fit(rgb555, 15));
    assert_true(pixel_fields_fit(rgb101010, 32));
    assert_false(pixel_fields_fit(rgb565, 15));
    assert_false(pixel_fields_fit(rgb888, 16));
    assert_false(pixel_fields_fit(rgb101010, 24));
    assert_false(pixel_fields_fit(none, 32));
    assert_false(pixel_fields_fit(over, 32));
    assert_false(pixel_fields_fit(far, 32));
    assert_false(pixel_fields_fit(wide, 32));
    assert_false(pixel_fields_fit(wraps, 32));
    assert_false(pixel_fields_fit(same, 32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_of_a_vga),      cmocka_unit_test(other_layouts),
        cmocka_unit_test(one_bit_and_sixteen),   cmocka_unit_test(bytes),
        cmocka_unit_test(fields_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
