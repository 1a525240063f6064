/* sources: test/fuzz/seeds.c hv/platform/loader/memmap.c hv/screen/framebuffer.c hv/screen/pixel.c hv/screen/picture.c hv/screen/font.c build/font/font_data.c */
/* runs: 60000 */
/* What a loader says of a framebuffer: refused, or all that is drawn is inside. */
#include <stdlib.h>

#include "fuzz.h"
#include "screen/framebuffer.h"

#define MOST_DRAWN (4u << 20) /* larger ones are judged by their numbers alone */

static struct boot_info boot;
static struct tile tiles[TILES];

static uint64_t number(struct input *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)input_byte(in) << 8 * i;
    return value;
}

static void check_numbers(const struct framebuffer *plan)
{
    uint64_t right = (uint64_t)plan->left + (uint64_t)plan->columns * 8 * plan->scale;
    uint64_t bottom = (uint64_t)plan->top + (uint64_t)plan->rows * 16 * plan->scale;

    MUST(plan->columns >= 80 && plan->columns <= SHADOW_MAX_COLUMNS);
    MUST(plan->rows >= 25 && plan->rows <= SHADOW_MAX_ROWS);
    MUST(plan->scale >= 1 && plan->scale <= FRAMEBUFFER_MOST_SCALE);
    MUST(right <= plan->width && bottom <= plan->height);
    MUST((uint64_t)plan->width * plan->pixel_bytes <= plan->pitch);
    MUST(plan->bytes == (uint64_t)plan->pitch * (plan->height - 1) + plan->width * plan->pixel_bytes);
    MUST(plan->address && plan->address + plan->bytes > plan->address);
}

static void draw(struct framebuffer *plan, struct input *in)
{
    plan->base = malloc(plan->bytes); /* just so many: the sanitizer watches both ends */
    if (!plan->base)
        return;
    framebuffer_clear(plan);
    framebuffer_draw(plan, 0, 0, (struct cell){(uint16_t)number(in, 2), input_byte(in)}, tiles);
    framebuffer_draw(plan, plan->rows - 1, plan->columns - 1,
                     (struct cell){(uint16_t)number(in, 2), input_byte(in)}, input_byte(in) ? tiles : NULL);
    free(plan->base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct boot_framebuffer *said = &boot.framebuffer;
    struct framebuffer plan;
    const char *wrong;

    said->address = number(&in, 8);
    said->pitch = (uint32_t)number(&in, 4);
    said->width = (uint32_t)number(&in, 4);
    said->height = (uint32_t)number(&in, 4);
    said->bits = input_byte(&in);
    said->type = input_byte(&in);
    for (unsigned i = 0; i < 3; i++)
        said->fields[i] = (struct boot_field){input_byte(&in), input_byte(&in)};
    boot.ranges[0] = (struct memory_range){0x100000, 0x8000000, MEMORY_USABLE};
    boot.range_count = 1;
    wrong = framebuffer_plan(&boot, ROTATE_0, &plan);
    if (wrong) {
        MUST(strlen(wrong) > 0);
        return 0;
    }
    MUST(plan.address >= 0x8000000 || plan.address + plan.bytes <= 0x100000);
    check_numbers(&plan);
    if (plan.bytes <= MOST_DRAWN)
        draw(&plan, &in);
    return 0;
}

static size_t put(uint8_t *out, size_t at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[at + i] = (uint8_t)(value >> 8 * i);
    return at + bytes;
}

/* 640x480 of 32 bits, and 800x600 of 16. */
size_t fuzz_seed(unsigned number, uint8_t *out)
{
    static const uint8_t fields[2][6] = {{16, 8, 8, 8, 0, 8}, {11, 5, 5, 6, 0, 5}};
    uint32_t width = number ? 800 : 640, height = number ? 600 : 480, bits = number ? 16 : 32;
    size_t at = 0;

    if (number > 1)
        return 0;
    at = put(out, at, 0xfd000000, 8);
    at = put(out, at, width * bits / 8, 4);
    at = put(out, at, width, 4);
    at = put(out, at, height, 4);
    at = put(out, at, bits, 1);
    at = put(out, at, 1, 1);
    memcpy(out + at, fields[number], 6);
    return put(out, at + 6, 0x0704010f67, 6);
}
