/* The tick: housekeeping every 10 ms, by time and never by counting ticks, which coalesce under load. */
#ifndef GUEST_TICK_H
#define GUEST_TICK_H

#include <stdint.h>

#define TICK_NS 10000000ull

struct tick {
    uint64_t processed_system_time; /* system time up to which this VCPU has done its ticks' work */
    uint64_t ticks;                 /* upcalls that found at least one tick due */
    uint64_t back;                  /* upcalls that found time before processed_system_time */
};

extern volatile uint64_t jiffies; /* 10 ms since VCPU 0 began */

/*
 * On the VCPU itself, when it starts and when it is up again: from the time that it is, and asks for a tick
 * every 10 ms. 0, or the refusal.
 */
long tick_start(void);
/* How many ticks VCPU 0 has not yet counted. */
uint64_t tick_jiffies_behind(void);
/* From the upcall, at system time `now_ns`. */
void tick_run(uint64_t now_ns);

#endif
