/*
 * The two timers of each VCPU, run by one upcall.
 *
 * The tick is housekeeping every 10 ms. It goes by time and never counts ticks, which coalesce under load.
 *
 * The timeouts are one-shot and in system time. They follow one another, to see that they come and how late.
 */
#ifndef GUEST_TIMERS_H
#define GUEST_TIMERS_H

#include <stdint.h>

#define TICK_NS 10000000ull

struct tick {
    uint64_t processed_system_time; /* system time up to which this VCPU has done its ticks' work */
    uint64_t ticks;                 /* upcalls that found at least one tick due */
    uint64_t back;                  /* upcalls that found time before processed_system_time */
};

extern volatile uint64_t jiffies; /* 10 ms since VCPU 0 began */

/*
 * Starts this VCPU's tick at the present time, and asks for an upcall every 10 ms. Call it when the VCPU
 * starts and when it is up again. Returns 0, or the refusal.
 */
long tick_start(void);
/* Returns how many ticks VCPU 0 has not yet counted. */
uint64_t tick_jiffies_behind(void);
/* Does the work of all ticks that are due at system time `now_ns`. The upcall calls it. */
void tick_run(uint64_t now_ns);

struct timeouts {
    uint64_t deadline_ns; /* of the one that is set, or 0 */
    uint64_t set, fired;  /* `set` counts those the hypervisor took */
    uint64_t late_ns;     /* how late the latest one came */
    uint64_t overslept;   /* came due while the VCPU was down, and so are not counted as late */
};

/* Sets this VCPU's first timeout. */
void timeouts_start(void);
/*
 * Goes on at system time `now_ns`, when this VCPU is up again. A deadline still to come is set again,
 * whatever became of the hypervisor's timer; system time went on meanwhile. If the deadline is over, the next
 * one is set.
 */
void timeouts_resume(uint64_t now_ns);
/* Notes a deadline that is past at system time `now_ns`, and sets the next. The upcall calls it. */
void timeouts_run(uint64_t now_ns);

#endif
