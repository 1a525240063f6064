/* A cell as two dots, one above the other, of a colour each. Pure. */
#ifndef SCREEN_HALF_H
#define SCREEN_HALF_H

#include "screen/shadow.h"

#define UPPER_HALF 0xdfu
#define LOWER_HALF 0xdcu
#define FULL_BLOCK 0xdbu

/*
 * VGA text takes a bright background for blinking: where both dots have colours, the lower one gets the dark
 * kind of its own.
 */
static inline void half_put(struct shadow *shadow, unsigned row, unsigned column, uint8_t upper,
                            uint8_t lower)
{
    if (upper == lower)
        shadow_put(shadow, row, column, upper == BLACK ? ' ' : FULL_BLOCK, ATTRIBUTE(upper, BLACK));
    else if (upper == BLACK)
        shadow_put(shadow, row, column, LOWER_HALF, ATTRIBUTE(lower, BLACK));
    else
        shadow_put(shadow, row, column, UPPER_HALF, ATTRIBUTE(upper, lower & 7u));
}

#endif
