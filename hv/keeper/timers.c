#include "keeper/timers.h"

#include "keeper/clocks.h"

static struct timer_faults *faults_of(const struct reference *timer)
{
    unsigned i = 0;

    while (i + 1 < SOURCES && reference_get(i) != timer)
        i++;
    return &keeper.faults[i];
}

void timers_note(const struct reference *timer, enum keeper_timer_fault fault)
{
    struct timer_faults *faults = faults_of(timer);

    faults->known = true;
    faults->count++;
    faults->last = fault;
}

void timers_note_state(const struct reference *timer, enum witness_state state)
{
    struct timer_faults *faults = faults_of(timer);

    faults->known |= state == WITNESS_AGREES || state == WITNESS_DIFFERS;
    if (state == WITNESS_APART && faults->known)
        timers_note(timer, KEEPER_TIMER_LEAPT);
    if (state == WITNESS_UNREAD)
        timers_note(timer, KEEPER_TIMER_UNREAD);
}
