#include "screen/vga.h"

#include <stddef.h>

#include "cpu/instructions.h"
#include "cpu/paging.h"

#define TEXT_MEMORY       0xb8000u
#define TEXT_BYTES        (VGA_COLUMNS * VGA_ROWS * 2)
#define CRTC_INDEX        0x3d4u
#define CRTC_CURSOR_START 0x0au
#define CURSOR_OFF        0x20u

static volatile uint16_t *mapped, *text;

void vga_init(void)
{
    outb(CRTC_INDEX, CRTC_CURSOR_START);
    outb(CRTC_INDEX + 1, CURSOR_OFF);
}

void vga_map(void)
{
    mapped = map_mmio(TEXT_MEMORY, TEXT_BYTES);
}

bool vga_reached(void)
{
    text = mapped ? mapped : (volatile uint16_t *)boot_view(TEXT_MEMORY, TEXT_BYTES);
    return text;
}

/* A tile has no place here. */
void vga_draw(unsigned row, unsigned column, struct cell cell)
{
    uint8_t glyph = cell.glyph < SHADOW_TILE ? (uint8_t)cell.glyph : ' ';

    text[row * VGA_COLUMNS + column] = (uint16_t)(cell.attribute << 8 | glyph);
}
