/*
 * What is told of each timer, and remembered of one that failed: the witness begins anew with it
 * (witness.c).
 */
#ifndef KEEPER_TIMERS_H
#define KEEPER_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper/disputes.h"
#include "keeper/witness.h"
#include "platform/reference/reference.h"
#include "platform/reference/sources.h"

/* With the keeper's lock; a row for each timer that was found, by reference_get's numbers. */
struct timer_faults {
    bool known; /* it was beside the reference once, and its rate known */
    uint32_t count;
    enum keeper_timer_fault last;
};

/* With the lock: this timer went its own way while the others and the TSCs went on together. */
void timers_note(const struct reference *timer, enum keeper_timer_fault fault);
/*
 * With the lock: a timer beside the reference is in that state now. One that is apart from the first
 * reading on has not failed: it has another rate.
 */
void timers_note_state(const struct reference *timer, enum witness_state state);

#endif
