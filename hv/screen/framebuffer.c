#include "screen/framebuffer.h"

#include "log/string.h"
#include "platform/loader/memmap.h"
#include "screen/font.h"
#include "screen/picture.h"
#include "screen/pixel.h"

#define TYPE_RGB 1u /* Multiboot2 specification 3.6.12 */

/* For a dashboard at ease; it can do with 80x25. */
#define GOOD_COLUMNS  100u
#define GOOD_ROWS     37u
#define LEAST_COLUMNS 80u
#define LEAST_ROWS    25u

/* More are small to read: then all is drawn larger, as long as a good number is left. */
#define READABLE_COLUMNS 240u
#define READABLE_ROWS    90u

#define MOST_PIXELS 16384u /* a side */
#define MOST_PITCH  (MOST_PIXELS * 8)

_Static_assert(TILE_WIDTH == FONT_WIDTH && TILE_HEIGHT == FONT_HEIGHT, "a tile takes a character's place");
_Static_assert(TILE_WIDTH == 8, "a row of a tile is 32 bits");
_Static_assert(MOST_PIXELS / FONT_WIDTH / FRAMEBUFFER_MOST_SCALE <= READABLE_COLUMNS &&
                   MOST_PIXELS / FONT_HEIGHT / FRAMEBUFFER_MOST_SCALE <= READABLE_ROWS,
               "no larger scale is ever chosen");
_Static_assert((uint64_t)MOST_PITCH *MOST_PIXELS < 1ull << 32, "sizes are far from overflow");

/* ---- What the loader said ---- */

static unsigned at_most(unsigned value, unsigned most)
{
    return value < most ? value : most;
}

static bool on_its_side(const struct framebuffer *fb)
{
    return fb->rotation == ROTATE_90 || fb->rotation == ROTATE_270;
}

/* The display's size as its reader sees it. */
static unsigned seen_width(const struct framebuffer *fb)
{
    return on_its_side(fb) ? fb->height : fb->width;
}

static unsigned seen_height(const struct framebuffer *fb)
{
    return on_its_side(fb) ? fb->width : fb->height;
}

/*
 * Chooses the smallest scale at which what is drawn can be read with ease. Where that leaves too few
 * characters, as on a very wide display, takes a smaller one and has more of them.
 */
static void choose_scale(struct framebuffer *out)
{
    unsigned columns = seen_width(out) / FONT_WIDTH, rows = seen_height(out) / FONT_HEIGHT, scale = 1;

    while (columns / scale > READABLE_COLUMNS || rows / scale > READABLE_ROWS) {
        if (columns / (scale + 1) < GOOD_COLUMNS || rows / (scale + 1) < GOOD_ROWS)
            break;
        scale++;
    }
    out->scale = scale;
    out->columns = at_most(columns / scale, SHADOW_MAX_COLUMNS);
    out->rows = at_most(rows / scale, SHADOW_MAX_ROWS);
    out->left = (seen_width(out) - out->columns * FONT_WIDTH * scale) / 2;
    out->top = (seen_height(out) - out->rows * FONT_HEIGHT * scale) / 2;
}

const char *framebuffer_plan(const struct boot_info *boot, enum rotation rotation, struct framebuffer *out)
{
    const struct boot_framebuffer *said = &boot->framebuffer;

    if (said->type != TYPE_RGB)
        return "has no pixels of red, green and blue";
    *out = (struct framebuffer){.address = said->address, .pitch = said->pitch};
    out->rotation = rotation == ROTATE_BY_MACHINE ? ROTATE_0 : rotation;
    out->pixel_bytes = pixel_bytes(said->bits);
    if (!out->pixel_bytes || !pixel_fields_fit(said->fields, said->bits))
        return "has pixels of an impossible layout";
    out->width = said->width;
    out->height = said->height;
    if (seen_width(out) < LEAST_COLUMNS * FONT_WIDTH || seen_height(out) < LEAST_ROWS * FONT_HEIGHT)
        return "has room for less than 80x25 characters";
    if (out->width > MOST_PIXELS || out->height > MOST_PIXELS || out->pitch > MOST_PITCH ||
        out->pitch < out->width * out->pixel_bytes)
        return "has an impossible size";
    out->bytes = (uint64_t)(out->height - 1) * out->pitch + out->width * out->pixel_bytes;
    if (!out->address || out->address > UINT64_MAX - out->bytes)
        return "is at an impossible address";
    if (memmap_overlaps_ram(boot, out->address, out->address + out->bytes))
        return "lies in RAM";
    choose_scale(out);
    for (unsigned i = 0; i < 16; i++)
        out->colours[i] = pixel_of(said->fields, i);
    return NULL;
}

/* ---- Drawing ---- */

void framebuffer_clear(const struct framebuffer *to)
{
    for (uint32_t y = 0; y < to->height; y++)
        memset(to->base + (uint64_t)y * to->pitch, 0, to->width * to->pixel_bytes);
}

/* Writes a picture's row as pixels. Returns the bytes, a multiple of 8; up to 2 more are written. */
static unsigned spread(const struct framebuffer *to, uint64_t row, unsigned width, uint8_t *line)
{
    uint8_t *at = line;

    for (unsigned x = 0; x < width; x++, row >>= 4)
        for (unsigned i = 0; i < to->scale; i++, at += to->pixel_bytes)
            __builtin_memcpy(at, &to->colours[row & 0xf], 4);
    return (unsigned)(at - line);
}

/* Returns where the cell's first pixel is on the panel. */
static uint8_t *first_pixel(const struct framebuffer *to, unsigned row, unsigned column)
{
    unsigned width = FONT_WIDTH * to->scale, height = FONT_HEIGHT * to->scale;
    unsigned left = to->left + column * width, top = to->top + row * height, x = left, y = top;

    if (to->rotation == ROTATE_90) {
        x = to->width - top - height;
        y = left;
    } else if (to->rotation == ROTATE_180) {
        x = to->width - left - width;
        y = to->height - top - height;
    } else if (to->rotation == ROTATE_270) {
        x = top;
        y = to->height - left - width;
    }
    return to->base + (uint64_t)y * to->pitch + x * to->pixel_bytes;
}

void framebuffer_draw(const struct framebuffer *to, unsigned row, unsigned column, struct cell cell,
                      const struct tile *tiles)
{
    uint8_t line[FONT_HEIGHT * FRAMEBUFFER_MOST_SCALE * 4 + 4];
    uint8_t *at = first_pixel(to, row, column);
    struct picture picture;
    unsigned bytes = 0;

    picture_of(to->rotation, cell, tiles, &picture);
    for (unsigned y = 0; y < picture.height; y++) {
        if (!bytes || picture.rows[y] != picture.rows[y - 1]) /* many rows are as the one before */
            bytes = spread(to, picture.rows[y], picture.width, line);
        for (unsigned i = 0; i < to->scale; i++, at += to->pitch)
            for (unsigned done = 0; done < bytes; done += 8)
                __builtin_memcpy(at + done, line + done, 8);
    }
}
