/*
 * Two copies of a value, for readers that cannot wait: they read at any moment, on any CPU, even in an NMI
 * that interrupts the writer (Linux's seqcount latch). One writer at a time.
 *
 *              K1          K2           K3          K4
 *     copy 0   |           written      |           whole
 *     copy 1   |           whole        |           written
 *     readers  go to 1     read 1       go to 0     read 0
 *
 * x86 makes stores visible in their order, and loads are not reordered with loads (SDM vol. 3, 8.2.2): the
 * compiler is all that must be held.
 */
#ifndef KEEPER_LATCH_H
#define KEEPER_LATCH_H

#include <stddef.h>
#include <stdint.h>

#include "time/line.h"

/*
 * A reader is overtaken at most by publishes, 250 ms apart: a few tries are enough, and then either copy will
 * do.
 */
#define LATCH_TRIES 8u

/* `copies`: two values of `size` bytes. `sequence`: even while copy 1 is being written, or nothing is. */
static inline void latch_write(uint32_t *sequence, void *copies, const void *value, size_t size)
{
    /* step K1: readers go to copy 1 */
    __atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    /* step K2: copy 0 */
    __builtin_memcpy(copies, value, size);
    /* step K3: readers go to copy 0 */
    __atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    /* step K4: copy 1 */
    __builtin_memcpy((char *)copies + size, value, size);
}

static inline void latch_copy(const uint32_t *sequence, const void *copies, void *value, size_t size)
{
    uint32_t seen;

    for (unsigned tries = 0; tries < LATCH_TRIES; tries++) {
        seen = __atomic_load_n(sequence, __ATOMIC_ACQUIRE); /* step N1: the sequence */
        /* step N2: the copy that is not being written */
        __builtin_memcpy(value, (const char *)copies + (seen & 1) * size, size);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(sequence, __ATOMIC_RELAXED) == seen) /* step N3: the sequence again */
            break;
    }
}

/* A line of system time that is read so. */
struct latch {
    uint32_t sequence;
    struct line copy[2];
};

void latch_set(struct latch *latch, const struct line *line);
/* The same after a writer died at any step: at no moment do readers find a copy that is not whole. */
void latch_set_again(struct latch *latch, const struct line *line);
/* Returns the line's ns at `tsc`. */
uint64_t latch_read(const struct latch *latch, uint64_t tsc);
/* Returns the latch that this CPU's time is read from. */
const struct latch *latch_in_force(void);

#endif
