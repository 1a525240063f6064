/* What disagrees with what: timers with one another, and TSCs with the reference. */
#ifndef KEEPER_DISPUTES_H
#define KEEPER_DISPUTES_H

#include <stdint.h>

#include "time/culprit.h"

/*
 * One timer of this machine: the reference, those read beside it, and those that were refused at start-up for
 * their rate.
 */
#define KEEPER_TIMERS 4u
enum keeper_timer_state {
    KEEPER_TIMER_UNKNOWN, /* too little is known of its rate */
    KEEPER_TIMER_REFERENCE,
    KEEPER_TIMER_AGREES,
    KEEPER_TIMER_DIFFERS, /* from the reference, by more than readings and nominal rates explain */
    KEEPER_TIMER_OUTVOTED /* at start-up others agreed that it is off */
};
enum keeper_timer_fault { KEEPER_TIMER_STOOD_STILL, KEEPER_TIMER_LEAPT, KEEPER_TIMER_UNREAD };
struct keeper_timer {
    const char *name; /* "hpet", ... */
    enum keeper_timer_state state;
    int64_t ppb; /* it is faster than the reference's nominal rate by so much, ... */
    uint64_t bound_ppb;
    uint32_t faults;               /* so often it went its own way, alone */
    enum keeper_timer_fault fault; /* how, the last time */
};
/* Returns how many there are. Any CPU may ask, once system time runs. */
unsigned keeper_timers(struct keeper_timer out[KEEPER_TIMERS]);

/*
 * Returns what caused the disruptions, as far as CPUs have looked since, and the CPU that saw the last one.
 */
struct culprits keeper_culprits(unsigned *last_cpu);

#endif
