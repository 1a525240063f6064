/* What anyone may read at any moment, even in an NMI that interrupts its writer: two copies of it. */
#ifndef KEEPER_LATCH_H
#define KEEPER_LATCH_H

#include <stdint.h>

#include "time/line.h"

struct latch {
    uint32_t sequence; /* odd: copy 0 is being written, copy 1 is whole; even: the other way round */
    struct line copy[2];
};

void latch_set(struct latch *latch, const struct line *line);
/* Returns the line's ns at `tsc`. */
uint64_t latch_read(const struct latch *latch, uint64_t tsc);
/* Returns the latch that this CPU's time is read from. */
const struct latch *latch_in_force(void);

#endif
