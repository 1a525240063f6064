#include "screen/display.h"

#include <stddef.h>

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "log/log.h"
#include "screen/framebuffer.h"
#include "screen/vga.h"

static enum { DISPLAY_NONE, DISPLAY_TEXT, DISPLAY_PIXELS } display;
static struct framebuffer framebuffer;
static uint8_t *mapped;

static bool find_text(unsigned *columns, unsigned *rows)
{
    display = DISPLAY_TEXT;
    vga_init();
    *columns = VGA_COLUMNS;
    *rows = VGA_ROWS;
    return true;
}

bool display_find(const struct boot_info *boot, unsigned *columns, unsigned *rows)
{
    const char *wrong;

    if (!boot || boot->vga_text)
        return find_text(columns, rows);
    if (!boot->framebuffer.width) {
        log_print("screen: none, the boot loader names no display\n");
        return false;
    }
    wrong = framebuffer_plan(boot, &framebuffer);
    if (wrong) {
        log_print("screen: none, the framebuffer %s\n", wrong);
        return false;
    }
    display = DISPLAY_PIXELS;
    *columns = framebuffer.columns;
    *rows = framebuffer.rows;
    return true;
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
    log_print("screen: framebuffer, %ux%u pixels of %u bytes at 0x%lx, %ux%u characters\n", framebuffer.width,
              framebuffer.height, framebuffer.pixel_bytes, framebuffer.address, framebuffer.columns,
              framebuffer.rows);
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
