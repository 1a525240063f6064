/*
 * The two timers of each VCPU. The tick: housekeeping every 10 ms, by time and never by counting ticks, which
 * coalesce under load. And one-shot timeouts in system time, one after another, to see that they come and how
 * late.
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
 * On the VCPU itself, when it starts and when it is up again: from the time that it is, and asks for a tick
 * every 10 ms. 0, or the refusal.
 */
long tick_start(void);
/* How many ticks VCPU 0 has not yet counted. */
uint64_t tick_jiffies_behind(void);
/* From the upcall, at system time `now_ns`. */
void tick_run(uint64_t now_ns);

struct timeouts {
    uint64_t deadline_ns; /* 0: none is set */
    uint64_t set, fired;  /* `set` counts those the hypervisor took */
    uint64_t late_ns;     /* the latest */
    uint64_t overslept;   /* those that came due while the VCPU was down: not late by anybody's fault */
};

/* On the VCPU itself; sets the first. */
void timeouts_start(void);
/*
 * On the VCPU itself, up again at system time `now_ns`: a deadline is one of system time, which went on. One
 * that is still to come is set again, whatever became of the hypervisor's timer; for one that is over, the
 * next is.
 */
void timeouts_resume(uint64_t now_ns);
/* From the upcall, at system time `now_ns`: if the deadline is past, notes it and sets the next. */
void timeouts_run(uint64_t now_ns);

#endif
