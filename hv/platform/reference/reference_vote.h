/* Which of the timers are right, when they do not agree. Pure. */
#ifndef PLATFORM_REFERENCE_VOTE_H
#define PLATFORM_REFERENCE_VOTE_H

#include <stdbool.h>
#include <stdint.h>

/* Rates (all in the same unit, below 2^56, not 0) within 1 % of each other. */
bool rates_agree(uint64_t a, uint64_t b);
/* By how much a differs from b, in thousandths of b, at most 999999. b is not 0. */
uint32_t rates_apart_permille(uint64_t a, uint64_t b);

/*
 * `rates` of the TSC by `count` timers, the preferred ones first; 0: this one cannot be judged. Returns the
 * index of the timer that the most agree with, the earliest of equals; `count` if all are 0.
 */
unsigned rates_winner(const uint64_t *rates, unsigned count);

#endif
