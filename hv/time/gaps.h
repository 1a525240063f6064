/*
 * Gaps between a CPU's readings of its TSC, one right after the other: what somebody else took meanwhile.
 * Times are ticks of that TSC until they are told. Pure.
 */
#ifndef TIME_GAPS_H
#define TIME_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "time/train.h"

#define GAPS_DECADES 7u /* gaps from 1 us, 10 us, ... 1 s on */
#define GAPS_PERIODS 2u
#define GAPS_LONG_NS 150000u /* what BITS, the BIOS test suite, calls too long for an SMI */

/* When the last gaps of one length or more ended, since the first reading; in a ring. */
struct gaps_ring {
    uint64_t at[TRAIN_MOST];
    uint64_t count; /* of all that there were */
};

struct gaps {
    uint64_t first, last;         /* the first reading and the last */
    uint64_t least[GAPS_DECADES]; /* ticks */
    uint64_t long_ticks;
    uint64_t decades[GAPS_DECADES], longs; /* how many gaps */
    uint64_t largest;
    uint64_t back;                            /* readings below the one before */
    struct gaps_ring rings[GAPS_DECADES - 1]; /* from 10 us on */
    struct gaps_period {
        struct train train;
        uint64_t least; /* what length its gaps have or more; 0: there is no such train */
    } periods[GAPS_PERIODS];
};

/* Empties `gaps`, for a TSC of `hz`, below 10^10. */
void gaps_begin(struct gaps *gaps, uint64_t hz);
/* Takes the first reading. */
void gaps_first(struct gaps *gaps, uint64_t tsc);
/* Takes the next reading. What is below the one before it is no gap. */
void gaps_add(struct gaps *gaps, uint64_t tsc);

/*
 * Looks for periods among the gaps of ring `ring`, 0 .. GAPS_DECADES - 2. Begin with the highest, so that a
 * period is told with the longest gaps that have it. Each may take some 100 us.
 */
void gaps_find_periods(struct gaps *gaps, unsigned ring);

/* Returns ticks of a TSC of `hz`, below 10^10, as ns. */
uint64_t gaps_ns(uint64_t ticks, uint64_t hz);
/* Returns how many gaps there were of 10 us and more. */
uint64_t gaps_count(const struct gaps *gaps);

#endif
