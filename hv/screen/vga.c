/* VGA text: a shadow in memory that scrolls, copied out where it changed (reading video memory is slow). */
#include "screen/vga.h"

#include <stddef.h>
#include <stdint.h>

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "log/log.h"

#define TEXT_MEMORY      0xb8000u
#define COLUMNS          80u
#define ROWS             25u
#define CELLS            (COLUMNS * ROWS)
#define BLANK            0x0720u /* grey on black */
#define CRTC_INDEX       0x3d4u
#define CRTC_CURSOR_HIGH 0x0eu
#define CRTC_CURSOR_LOW  0x0fu

static uint16_t shadow[CELLS];    /* what should be on the screen, */
static uint16_t drawn[CELLS];     /* and what is */
static volatile uint16_t *screen; /* mapped for good; NULL before */
static unsigned cursor;           /* cell where the next character goes; CELLS: scroll first */

static void scroll(void)
{
    for (unsigned i = 0; i < CELLS - COLUMNS; i++)
        shadow[i] = shadow[i + COLUMNS];
    for (unsigned i = CELLS - COLUMNS; i < CELLS; i++)
        shadow[i] = BLANK;
    cursor -= COLUMNS;
}

static void put(char c)
{
    if (cursor >= CELLS)
        scroll();
    if (c == '\n')
        cursor += COLUMNS - cursor % COLUMNS;
    else if (c == '\r')
        cursor -= cursor % COLUMNS;
    else if (c == '\t')
        cursor += 8 - cursor % 8;
    else if ((uint8_t)c >= ' ')
        shadow[cursor++] = (uint16_t)(BLANK & 0xff00) | (uint8_t)c;
}

/* Before there is a mapping, as the boot tables have it; NULL while there is neither. */
static volatile uint16_t *screen_now(void)
{
    return screen ? screen : (volatile uint16_t *)boot_view(TEXT_MEMORY, sizeof(shadow));
}

static void show(void)
{
    volatile uint16_t *to = screen_now();
    unsigned cell = cursor < CELLS ? cursor : CELLS - 1;

    if (!to)
        return;
    for (unsigned i = 0; i < CELLS; i++)
        if (drawn[i] != shadow[i])
            to[i] = drawn[i] = shadow[i];
    outb(CRTC_INDEX, CRTC_CURSOR_HIGH);
    outb(CRTC_INDEX + 1, (uint8_t)(cell >> 8));
    outb(CRTC_INDEX, CRTC_CURSOR_LOW);
    outb(CRTC_INDEX + 1, (uint8_t)cell);
}

static void vga_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        put(text[i]);
    show();
}

void vga_init_early(void)
{
    for (unsigned i = 0; i < CELLS; i++)
        shadow[i] = BLANK; /* no cell of `drawn` has it yet: all are written */
    cursor = 0;
    show();
    log_add_sink(vga_write);
}

void vga_init(void)
{
    screen = map_mmio(TEXT_MEMORY, sizeof(shadow));
    show();
}
