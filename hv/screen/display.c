#include "screen/display.h"

#include <stddef.h>

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "log/log.h"
#include "screen/framebuffer.h"

#define VGA_COLUMNS       80u
#define VGA_ROWS          25u
#define TEXT_MEMORY       0xb8000u
#define TEXT_BYTES        (VGA_COLUMNS * VGA_ROWS * 2)
#define CRTC_INDEX        0x3d4u
#define CRTC_CURSOR_START 0x0au
#define CURSOR_OFF        0x20u

static enum { DISPLAY_NONE, DISPLAY_TEXT, DISPLAY_PIXELS } display;
static struct framebuffer framebuffer;
static uint8_t *mapped;

static volatile uint16_t *text_mapped, *text;

/* ---- VGA text, 80x25 at 0xb8000: cells as they are ---- */

/* Switches the cursor off. */
static void vga_init(void)
{
    outb(CRTC_INDEX, CRTC_CURSOR_START);
    outb(CRTC_INDEX + 1, CURSOR_OFF);
}

static void vga_map(void)
{
    text_mapped = map_mmio(TEXT_MEMORY, TEXT_BYTES);
}

/* Returns false after the boot tables are gone and before vga_map. */
static bool vga_reached(void)
{
    text = text_mapped ? text_mapped : (volatile uint16_t *)boot_view(TEXT_MEMORY, TEXT_BYTES);
    return text;
}

/* Text has no tiles. */
static void vga_draw(unsigned row, unsigned column, struct cell cell)
{
    uint8_t glyph = cell.glyph < SHADOW_TILE ? (uint8_t)cell.glyph : ' ';

    text[row * VGA_COLUMNS + column] = (uint16_t)(cell.attribute << 8 | glyph);
}

/* ---- Either ---- */

static bool find_text(unsigned *columns, unsigned *rows)
{
    display = DISPLAY_TEXT;
    vga_init();
    *columns = VGA_COLUMNS;
    *rows = VGA_ROWS;
    return true;
}

bool display_find(const struct boot_info *boot, enum rotation rotation, unsigned *columns, unsigned *rows)
{
    const char *wrong;

    if (!boot || boot->vga_text)
        return find_text(columns, rows);
    if (!boot->framebuffer.width) {
        log_print("screen: none, the boot loader names no display\n");
        return false;
    }
    wrong = framebuffer_plan(boot, rotation, &framebuffer);
    if (wrong) {
        log_print("screen: none, the framebuffer %s\n", wrong);
        return false;
    }
    display = DISPLAY_PIXELS;
    *columns = framebuffer.columns;
    *rows = framebuffer.rows;
    return true;
}

static void say_pixels(void)
{
    static const char *const rotated[] = {[ROTATE_0] = "",
                                          [ROTATE_90] = ", rotated by 90",
                                          [ROTATE_180] = ", rotated by 180",
                                          [ROTATE_270] = ", rotated by 270"};

    log_print("screen: framebuffer, %ux%u pixels of %u bytes at 0x%lx, %ux%u characters%s\n",
              framebuffer.width, framebuffer.height, framebuffer.pixel_bytes, framebuffer.address,
              framebuffer.columns, framebuffer.rows, rotated[framebuffer.rotation]);
}

static void map_pixels(void)
{
    mapped = (uint8_t *)map_framebuffer(framebuffer.address, framebuffer.bytes);
    if (!mapped) {
        log_print("screen: none, the framebuffer is out of the CPU's reach\n");
        return;
    }
    framebuffer.base = mapped;
    framebuffer_clear(&framebuffer);
    say_pixels();
}

bool display_rotate(const struct boot_info *boot, enum rotation rotation, unsigned *columns, unsigned *rows)
{
    struct framebuffer next;
    const char *wrong;

    if (!mapped || rotation == framebuffer.rotation)
        return false;
    wrong = framebuffer_plan(boot, rotation, &next);
    if (wrong) {
        log_print("screen: not rotated, for then it %s\n", wrong);
        return false;
    }
    next.base = mapped;
    framebuffer = next;
    framebuffer_clear(&framebuffer);
    *columns = framebuffer.columns;
    *rows = framebuffer.rows;
    return true;
}

void display_map(void)
{
    if (display == DISPLAY_TEXT)
        vga_map();
    if (display == DISPLAY_PIXELS)
        map_pixels();
}

bool display_has_pixels(void)
{
    return mapped;
}

bool display_reached(void)
{
    if (display == DISPLAY_TEXT)
        return vga_reached();
    if (display == DISPLAY_PIXELS && !mapped)
        framebuffer.base =
            log_in_panic() ? (uint8_t *)boot_view(framebuffer.address, framebuffer.bytes) : NULL;
    return display == DISPLAY_PIXELS && framebuffer.base;
}

void display_draw(unsigned row, unsigned column, struct cell cell, const struct tile *tiles)
{
    if (display == DISPLAY_TEXT)
        vga_draw(row, column, cell);
    else
        framebuffer_draw(&framebuffer, row, column, cell, tiles);
}

/* A CPU that halts may keep joined writes to itself (SDM vol. 3, 11.3.1). */
void display_flush(void)
{
    cpu_mfence();
}
