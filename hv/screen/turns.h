/*
 * Whose turn it is to draw: twenty turns a second, whatever the number of CPUs, one CPU after the other. A
 * turn is half way between multiples of 50 ms, so 25 ms or more from the time base's every 250 ms, and 5
 * ms from a guest's tick every 10 ms. Pure.
 */
#ifndef SCREEN_TURNS_H
#define SCREEN_TURNS_H

#include <stdint.h>

#define TURNS_EVERY_NS 50000000ull
#define TURNS_MOST_NS  200000ull    /* a turn lasts no longer, but for the last cell, */
#define TURNS_IDLE_NS  2000000ull   /* or, where no guest is held up by it, than this */
#define TURNS_FREE_NS  5000000ull   /* who must keep time so soon leaves its turn */
#define TURNS_PAINT_NS 240000000ull /* the painter is called in every fifth turn */

/* When CPU `cpu` of `cpus` (its id is below) next has its turn, later than `now_ns`. */
static inline uint64_t turns_next_ns(uint64_t now_ns, unsigned cpu, unsigned cpus)
{
    uint64_t first = (now_ns + TURNS_EVERY_NS / 2) / TURNS_EVERY_NS; /* the first that is later */
    uint64_t own = first / cpus * cpus + cpu;

    if (own < first)
        own += cpus;
    return own * TURNS_EVERY_NS + TURNS_EVERY_NS / 2;
}

#endif
