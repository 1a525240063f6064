/*
 * Drawing in portions: twenty a second, whatever the number of CPUs, one CPU after the other. A portion
 * begins half way between multiples of 50 ms: 25 ms or more from the time base's every 250 ms, and 5 ms from
 * a guest's tick every 10 ms. Pure.
 */
#ifndef SCREEN_PORTIONS_H
#define SCREEN_PORTIONS_H

#include <stdint.h>

#define PORTIONS_EVERY_NS 50000000ull
#define PORTION_NS        200000ull    /* it lasts so long, and for as long as its last cell takes */
#define PORTION_IDLE_NS   2000000ull   /* so long where no guest waits for the CPU */
#define PORTION_FREE_NS   5000000ull   /* a CPU that must keep time so soon leaves it out */
#define PAINT_EVERY_NS    240000000ull /* the painter is called in every fifth portion */

/* Returns when the next portion of CPU `cpu` of `cpus` begins (its id is below that), later than `now_ns`. */
static inline uint64_t portion_next_ns(uint64_t now_ns, unsigned cpu, unsigned cpus)
{
    uint64_t first = (now_ns + PORTIONS_EVERY_NS / 2) / PORTIONS_EVERY_NS; /* the first that is later */
    uint64_t own = first / cpus * cpus + cpu;

    if (own < first)
        own += cpus;
    return own * PORTIONS_EVERY_NS + PORTIONS_EVERY_NS / 2;
}

#endif
