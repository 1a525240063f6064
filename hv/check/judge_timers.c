/* What is held against each timer: one is off, or two are and nothing tells which. */
#include "check/figures.h"
#include "log/format.h"
#include "log/string.h"

static bool differ(const struct keeper_timer *a, const struct keeper_timer *b)
{
    return magnitude(a->ppb - b->ppb) > a->bound_ppb + b->bound_ppb;
}

/* What one that failed shows now is no evidence against another. */
static bool in_state(const struct keeper_timer *timer, enum keeper_timer_state state)
{
    return timer->state == state && !timer->faults;
}

static unsigned count_in(const struct timers *timers, enum keeper_timer_state state)
{
    unsigned count = 0;

    for (unsigned i = 0; i < timers->count; i++)
        count += in_state(&timers->of[i], state);
    return count;
}

/* Those that differ from the reference, if there are two or more and they are of one mind. */
static bool differ_together(const struct timers *timers)
{
    const struct keeper_timer *first = NULL;

    for (unsigned i = 0; i < timers->count; i++) {
        const struct keeper_timer *timer = &timers->of[i];

        if (!in_state(timer, KEEPER_TIMER_DIFFERS))
            continue;
        if (first && differ(first, timer))
            return false;
        first = first ? first : timer;
    }
    return count_in(timers, KEEPER_TIMER_DIFFERS) > 1;
}

static uint64_t most_off(const struct timers *timers)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < timers->count; i++) {
        uint64_t off = magnitude(timers->of[i].ppb) + timers->of[i].bound_ppb;

        if (in_state(&timers->of[i], KEEPER_TIMER_DIFFERS) && off > most)
            most = off;
    }
    return most;
}

static enum timer_blame blame_of(const struct timers *timers, const struct keeper_timer *timer)
{
    bool agreed = count_in(timers, KEEPER_TIMER_AGREES) > 0;
    unsigned differing = count_in(timers, KEEPER_TIMER_DIFFERS);

    if (timer->faults)
        return TIMER_FAILED;
    if (timer->state == KEEPER_TIMER_OUTVOTED || (timer->state == KEEPER_TIMER_DIFFERS && agreed))
        return TIMER_IS_OFF;
    if (timer->state == KEEPER_TIMER_REFERENCE && differing && !agreed)
        return differ_together(timers) ? TIMER_IS_OFF : TIMER_MAY_BE_OFF;
    if (timer->state == KEEPER_TIMER_DIFFERS && !differ_together(timers))
        return TIMER_MAY_BE_OFF;
    return TIMER_IS_GOOD;
}

static void add_name(char names[TIMERS_TEXT], const char *name)
{
    size_t length = strlen(names);

    format(names + length, TIMERS_TEXT - length, "%s%s", length ? "," : "", name);
}

void judge_timers(struct timers *timers)
{
    timers->off_ppb = 0;
    timers->disputed[0] = 0;
    for (unsigned i = 0; i < timers->count; i++) {
        timers->blame[i] = blame_of(timers, &timers->of[i]);
        if (timers->blame[i] != TIMER_IS_GOOD)
            add_name(timers->disputed, timers->of[i].name);
        if (timers->of[i].state == KEEPER_TIMER_REFERENCE &&
            (timers->blame[i] == TIMER_IS_OFF || timers->blame[i] == TIMER_MAY_BE_OFF))
            timers->off_ppb = most_off(timers);
    }
}

bool timer_disputed(const struct timers *timers, const char *name)
{
    for (unsigned i = 0; i < timers->count; i++) {
        if (strcmp(timers->of[i].name, name) == 0)
            return timers->blame[i] != TIMER_IS_GOOD;
    }
    return false;
}
