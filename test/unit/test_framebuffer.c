/* sources: hv/platform/loader/memmap.c hv/screen/framebuffer.c hv/screen/pixel.c hv/screen/picture.c hv/screen/font.c build/font/font_data.c */
/* Drawn into memory of just its size, and read back pixel by pixel; the sanitizer watches its ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/font.h"
#include "screen/framebuffer.h"

#define UNTOUCHED 0xa5

struct layout {
    const char *name;
    uint32_t width, height, padding;
    uint8_t bits;
    struct boot_field fields[3];
};

static const struct layout layouts[] = {
    {"vga", 640, 480, 0, 32, {{16, 8}, {8, 8}, {0, 8}}},
    {"rgb 24, odd pitch", 800, 600, 7, 24, {{16, 8}, {8, 8}, {0, 8}}},
    {"bgr 32, padded", 1366, 768, 40, 32, {{0, 8}, {8, 8}, {16, 8}}},
    {"565", 1024, 768, 0, 16, {{11, 5}, {5, 6}, {0, 5}}},
    {"555", 1280, 1024, 2, 15, {{10, 5}, {5, 5}, {0, 5}}},
    {"10 bits a colour, scale 2", 3840, 2160, 0, 32, {{20, 10}, {10, 10}, {0, 10}}},
    {"no multiple of a cell", 651, 413, 1, 24, {{0, 8}, {8, 8}, {16, 8}}},
};
#define LAYOUTS (sizeof(layouts) / sizeof(*layouts))

static struct boot_info boot;
static struct framebuffer plan;
static struct tile tiles[TILES];

static enum rotation rotation = ROTATE_0;

static const char *plan_of(const struct layout *layout)
{
    boot = (struct boot_info){.framebuffer = {.address = 0xc0000000,
                                              .width = layout->width,
                                              .height = layout->height,
                                              .bits = layout->bits,
                                              .type = 1}};
    boot.framebuffer.pitch = layout->width * ((layout->bits + 7u) / 8) + layout->padding;
    memcpy(boot.framebuffer.fields, layout->fields, sizeof(layout->fields));
    return framebuffer_plan(&boot, rotation, &plan);
}

static void begin(const struct layout *layout)
{
    assert_null(plan_of(layout));
    plan.base = malloc(plan.bytes);
    assert_non_null(plan.base);
    memset(plan.base, UNTOUCHED, plan.bytes);
}

/* The pixel there as 8 bits of red, green, blue, from the layout's own fields. */
static uint32_t seen(const struct layout *layout, unsigned x, unsigned y)
{
    unsigned bytes = (layout->bits + 7u) / 8;
    uint32_t value = 0, colour = 0;

    memcpy(&value, plan.base + (size_t)y * boot.framebuffer.pitch + x * bytes, bytes);
    for (unsigned i = 0; i < 3; i++) {
        unsigned size = layout->fields[i].size;
        uint32_t part = value >> layout->fields[i].position & ((1u << size) - 1);

        colour = colour << 8 | part * 255 / ((1u << size) - 1);
    }
    return colour;
}

static bool near(uint32_t a, uint32_t b)
{
    for (unsigned shift = 0; shift < 24; shift += 8)
        if (abs((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff)) > 8)
            return false;
    return true;
}

static const uint32_t red = 0xaa0000, yellow = 0xffff55, cyan = 0x00aaaa, blue = 0x0000aa;

/* Each pixel of a cell; `wanted` gives its colour by its place in the cell. */
static void compare_cell(const struct layout *layout, unsigned row, unsigned column,
                         uint32_t (*wanted)(unsigned x, unsigned y))
{
    unsigned scale = plan.scale;

    for (unsigned y = 0; y < 16 * scale; y++)
        for (unsigned x = 0; x < 8 * scale; x++)
            assert_true(
                near(seen(layout, plan.left + column * 8 * scale + x, plan.top + row * 16 * scale + y),
                     wanted(x / scale, y / scale)));
}

static uint32_t letter_g(unsigned x, unsigned y)
{
    return font_glyph('g')[y] & 0x80 >> x ? yellow : red;
}

static uint32_t blank(unsigned x, unsigned y)
{
    (void)x, (void)y;
    return cyan;
}

/* The left pixel is in the low half of its byte. */
static uint32_t tile_pattern(unsigned x, unsigned y)
{
    return (x + y) % 3 ? yellow : blue;
}

static void make_tile(struct tile *tile)
{
    memset(tile, 0, sizeof(*tile));
    for (unsigned y = 0; y < 16; y++)
        for (unsigned x = 0; x < 8; x++)
            tile->pixels[y * 4 + x / 2] |= (uint8_t)(((x + y) % 3 ? YELLOW : BLUE) << x % 2 * 4);
}

static void every_layout_shows_what_was_drawn(void **state)
{
    (void)state;
    make_tile(&tiles[TILES - 1]);
    for (unsigned i = 0; i < LAYOUTS; i++) {
        const struct layout *layout = &layouts[i];
        unsigned last_row, last_column;

        begin(layout);
        last_row = plan.rows - 1;
        last_column = plan.columns - 1;
        framebuffer_clear(&plan);
        framebuffer_draw(&plan, 0, 0, (struct cell){'g', ATTRIBUTE(YELLOW, RED)}, NULL);
        framebuffer_draw(&plan, last_row, last_column, (struct cell){'g', ATTRIBUTE(YELLOW, RED)}, tiles);
        framebuffer_draw(&plan, last_row, 0, (struct cell){0x01, ATTRIBUTE(YELLOW, CYAN)}, NULL);
        framebuffer_draw(&plan, 3, 5, (struct cell){SHADOW_TILE + TILES - 1, ATTRIBUTE(RED, RED)}, tiles);
        framebuffer_draw(&plan, 4, 5, (struct cell){SHADOW_TILE + TILES, ATTRIBUTE(RED, CYAN)}, tiles);
        framebuffer_draw(&plan, 4, 6, (struct cell){SHADOW_TILE + 1, ATTRIBUTE(RED, CYAN)}, NULL);
        compare_cell(layout, 0, 0, letter_g);
        compare_cell(layout, last_row, last_column, letter_g);
        compare_cell(layout, last_row, 0, blank);
        compare_cell(layout, 3, 5, tile_pattern);
        compare_cell(layout, 4, 5, blank);
        compare_cell(layout, 4, 6, blank);
        free(plan.base);
    }
}

/* A cell's pixels and no others, whatever its place. */
static void nothing_else_is_written(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LAYOUTS; i++) {
        unsigned bytes = (layouts[i].bits + 7u) / 8;
        unsigned left, right, top, bottom;

        begin(&layouts[i]);
        framebuffer_draw(&plan, plan.rows / 2, 7, (struct cell){0xdb, ATTRIBUTE(WHITE, BLACK)}, NULL);
        left = (plan.left + 7 * 8 * plan.scale) * bytes;
        right = left + 8 * plan.scale * bytes;
        top = plan.top + plan.rows / 2 * 16 * plan.scale;
        bottom = top + 16 * plan.scale;
        for (size_t at = 0; at < plan.bytes; at++) {
            size_t y = at / boot.framebuffer.pitch, x = at % boot.framebuffer.pitch;
            bool inside = y >= top && y < bottom && x >= left && x < right;

            if (!inside && plan.base[at] != UNTOUCHED)
                fail_msg("%s: byte %zu of row %zu was written", layouts[i].name, x, y);
        }
        free(plan.base);
    }
}

/* The same pixel as its reader names it: x to the right and y down. */
static uint32_t seen_by_reader(const struct layout *layout, unsigned x, unsigned y)
{
    switch (rotation) {
    case ROTATE_90: return seen(layout, layout->width - 1 - y, x);
    case ROTATE_180: return seen(layout, layout->width - 1 - x, layout->height - 1 - y);
    case ROTATE_270: return seen(layout, y, layout->height - 1 - x);
    default: return seen(layout, x, y);
    }
}

static void compare_for_reader(const struct layout *layout, unsigned row, unsigned column,
                               uint32_t (*wanted)(unsigned x, unsigned y))
{
    unsigned scale = plan.scale, left = plan.left + column * 8 * scale, top = plan.top + row * 16 * scale;

    for (unsigned y = 0; y < 16 * scale; y++)
        for (unsigned x = 0; x < 8 * scale; x++)
            assert_true(near(seen_by_reader(layout, left + x, top + y), wanted(x / scale, y / scale)));
}

/* On its side or upside down, its reader sees each cell upright, and nothing beside it is written. */
static void rotated_it_is_upright_for_its_reader(void **state)
{
    (void)state;
    make_tile(&tiles[1]);
    for (unsigned i = 0; i < LAYOUTS; i++) {
        for (rotation = ROTATE_0; rotation <= ROTATE_270; rotation++) {
            const struct layout *layout = &layouts[i];
            size_t written = 0;

            if (plan_of(layout)) /* 60 columns are too few */
                continue;
            begin(layout);
            framebuffer_draw(&plan, 0, 0, (struct cell){'g', ATTRIBUTE(YELLOW, RED)}, NULL);
            framebuffer_draw(&plan, plan.rows - 1, plan.columns - 1,
                             (struct cell){SHADOW_TILE + 1, ATTRIBUTE(RED, RED)}, tiles);
            framebuffer_draw(&plan, 3, 5, (struct cell){'g', ATTRIBUTE(YELLOW, RED)}, NULL);
            compare_for_reader(layout, 0, 0, letter_g);
            compare_for_reader(layout, plan.rows - 1, plan.columns - 1, tile_pattern);
            compare_for_reader(layout, 3, 5, letter_g);
            for (size_t at = 0; at < plan.bytes; at++)
                written += plan.base[at] != UNTOUCHED;
            assert_true(written <= 3ul * 8 * 16 * plan.scale * plan.scale * plan.pixel_bytes);
            free(plan.base);
        }
    }
    rotation = ROTATE_0;
}

static void expect_rotated(uint32_t width, uint32_t height, unsigned columns, unsigned rows)
{
    struct layout layout = layouts[0];

    layout.width = width;
    layout.height = height;
    rotation = ROTATE_90;
    assert_null(plan_of(&layout));
    assert_int_equal(plan.columns, columns);
    assert_int_equal(plan.rows, rows);
    rotation = ROTATE_180;
    assert_null(plan_of(&layout));
    assert_int_equal(plan.columns * 8 * plan.scale + 2 * plan.left, width);
    rotation = ROTATE_0;
}

static void rotated_sizes(void **state)
{
    struct layout layout = layouts[0];

    (void)state;
    expect_rotated(800, 1280, 160, 50);
    expect_rotated(720, 1280, 160, 45);
    expect_rotated(1600, 2560, 160, 50); /* twice as large */
    layout.width = 600;
    layout.height = 1024;
    assert_string_equal(plan_of(&layout), "has room for less than 80x25 characters");
    rotation = ROTATE_270;
    assert_null(plan_of(&layout));
    assert_int_equal(plan.columns, 128);
    layout = layouts[0];
    assert_string_equal(plan_of(&layout),
                        "has room for less than 80x25 characters"); /* 640x480 on its side */
    rotation = ROTATE_BY_MACHINE;
    assert_null(plan_of(&layout));
    assert_int_equal(plan.rotation, ROTATE_0);
    rotation = ROTATE_0;
}

static void clearing_leaves_the_padding(void **state)
{
    const struct layout *layout = &layouts[2];

    (void)state;
    begin(layout);
    framebuffer_clear(&plan);
    for (unsigned y = 0; y < layout->height; y++)
        for (unsigned x = 0; x < layout->width; x += 97)
            assert_int_equal(seen(layout, x, y), 0);
    assert_int_equal(plan.base[layout->width * 4], UNTOUCHED);
    free(plan.base);
}

static void expect_cells(uint32_t width, uint32_t height, unsigned scale, unsigned columns, unsigned rows)
{
    struct layout layout = layouts[0];

    layout.width = width;
    layout.height = height;
    assert_null(plan_of(&layout));
    assert_int_equal(plan.scale, scale);
    assert_int_equal(plan.columns, columns);
    assert_int_equal(plan.rows, rows);
    assert_int_equal(plan.left, (width - columns * 8 * scale) / 2);
    assert_int_equal(plan.top, (height - rows * 16 * scale) / 2);
}

static void scales(void **state)
{
    (void)state;
    expect_cells(640, 400, 1, 80, 25);
    expect_cells(640, 480, 1, 80, 30);
    expect_cells(800, 600, 1, 100, 37);
    expect_cells(1024, 768, 1, 128, 48);
    expect_cells(1366, 768, 1, 170, 48);
    expect_cells(1920, 1080, 1, 240, 67);
    expect_cells(2560, 1440, 2, 160, 45);
    expect_cells(2880, 1800, 2, 180, 56);
    expect_cells(3840, 2160, 2, 240, 67);
    expect_cells(7680, 4320, 4, 240, 67);
    expect_cells(5120, 1440, 2, 320, 45); /* no third: there would be 30 rows */
    expect_cells(2560, 1080, 1, 320, 67);
    expect_cells(3440, 1440, 2, 215, 45);
    expect_cells(3840, 1168, 1, 480, 73);
    expect_cells(1080, 1920, 1, 135, 120); /* on its side; twice as large only 67 columns */
    expect_cells(1440, 2560, 1, 180, 160);
    expect_cells(16384, 16384, 12, 170, 85);
    expect_cells(16384, 400, 1, 480, 25);
}

static const char *with(void (*change)(struct boot_info *boot))
{
    plan_of(&layouts[0]);
    change(&boot);
    return framebuffer_plan(&boot, ROTATE_0, &plan);
}

static void as_text(struct boot_info *b)
{
    b->framebuffer.type = 2;
}
static void with_palette(struct boot_info *b)
{
    b->framebuffer.type = 0;
    b->framebuffer.bits = 8;
}
static void of_8_bits(struct boot_info *b)
{
    b->framebuffer.bits = 8;
}
static void without_green(struct boot_info *b)
{
    b->framebuffer.fields[1].size = 0;
}
static void too_narrow(struct boot_info *b)
{
    b->framebuffer.width = 639;
}
static void too_low(struct boot_info *b)
{
    b->framebuffer.height = 399;
}
static void too_wide(struct boot_info *b)
{
    b->framebuffer.width = 16385;
    b->framebuffer.pitch = 1 << 17;
}
static void too_high(struct boot_info *b)
{
    b->framebuffer.height = 16385;
}
static void huge(struct boot_info *b)
{
    b->framebuffer.height = b->framebuffer.width = 0xffffffff;
}
static void short_pitch(struct boot_info *b)
{
    b->framebuffer.pitch--;
}
static void long_pitch(struct boot_info *b)
{
    b->framebuffer.pitch = 0xfffffff0;
}
static void nowhere(struct boot_info *b)
{
    b->framebuffer.address = 0;
}
static void past_the_end(struct boot_info *b)
{
    b->framebuffer.address = 0ull - 640 * 4 * 480;
}
static void last_of_all(struct boot_info *b)
{
    b->framebuffer.address = 0ull - 640 * 4 * 480 - 1;
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_string_equal(with(as_text), "has no pixels of red, green and blue");
    assert_string_equal(with(with_palette), "has no pixels of red, green and blue");
    assert_string_equal(with(of_8_bits), "has pixels of an impossible layout");
    assert_string_equal(with(without_green), "has pixels of an impossible layout");
    assert_string_equal(with(too_narrow), "has room for less than 80x25 characters");
    assert_string_equal(with(too_low), "has room for less than 80x25 characters");
    assert_string_equal(with(too_wide), "has an impossible size");
    assert_string_equal(with(too_high), "has an impossible size");
    assert_string_equal(with(huge), "has an impossible size");
    assert_string_equal(with(short_pitch), "has an impossible size");
    assert_string_equal(with(long_pitch), "has an impossible size");
    assert_string_equal(with(nowhere), "is at an impossible address");
    assert_string_equal(with(past_the_end), "is at an impossible address");
    assert_null(with(last_of_all));
}

static void add_range(uint64_t start, uint64_t end, enum memory_kind kind)
{
    boot.ranges[boot.range_count++] = (struct memory_range){start, end, kind};
}

static void ram_is_not_drawn_on(void **state)
{
    static const enum memory_kind ram[] = {MEMORY_USABLE, MEMORY_ACPI, MEMORY_NVS, MEMORY_BAD};
    const uint64_t start = 0xc0000000, end = start + 640 * 4 * 480;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        plan_of(&layouts[0]);
        add_range(0, start, MEMORY_USABLE);
        add_range(end, end + 0x1000, MEMORY_USABLE);
        add_range(start, end, MEMORY_RESERVED);
        assert_null(framebuffer_plan(&boot, ROTATE_0, &plan));
        add_range(end - 1, end, ram[i]);
        assert_string_equal(framebuffer_plan(&boot, ROTATE_0, &plan), "lies in RAM");
        boot.range_count--;
        add_range(0, start + 1, ram[i]);
        assert_string_equal(framebuffer_plan(&boot, ROTATE_0, &plan), "lies in RAM");
    }
}

static void trap_framebuffer_above_4_gib(void **state)
{
    (void)state;
    plan_of(&layouts[0]);
    boot.framebuffer.address = 0x4000000000ull;
    assert_null(framebuffer_plan(&boot, ROTATE_0, &plan));
    assert_int_equal(plan.address, 0x4000000000ull);
    assert_int_equal(plan.bytes, 640 * 4 * 480);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_shows_what_was_drawn),
        cmocka_unit_test(nothing_else_is_written),
        cmocka_unit_test(clearing_leaves_the_padding),
        cmocka_unit_test(scales),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(ram_is_not_drawn_on),
        cmocka_unit_test(rotated_it_is_upright_for_its_reader),
        cmocka_unit_test(rotated_sizes),
        cmocka_unit_test(trap_framebuffer_above_4_gib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
