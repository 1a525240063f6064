#include "check/words.h"
#include "platform/reference/sources.h"

static const char *const ways[] = {[KEEPER_TIMER_STOOD_STILL] = "stood still",
                                   [KEEPER_TIMER_LEAPT] = "was not where it should be",
                                   [KEEPER_TIMER_UNREAD] = "could not be read"};

static void say_timer(char *text, const struct timers *timers, unsigned i)
{
    const struct keeper_timer *timer = &timers->of[i];
    bool reference = timer->state == KEEPER_TIMER_REFERENCE;
    char off[SPAN];

    words_rate(off, reference ? timers->off_ppb : magnitude(timer->ppb));
    switch (timers->blame[i]) {
    case TIMER_IS_GOOD: break;
    case TIMER_FAILED:
        words_add(text, " The %s %s while all else went on.", timer->name, ways[timer->fault]);
        break;
    case TIMER_IS_OFF:
        words_add(text, " The %s's rate is off, by %s%s.", timer->name, reference ? "up to " : "", off);
        break;
    case TIMER_MAY_BE_OFF:
        if (!reference)
            words_add(text, " The %s differs from the reference by %s, and nothing tells which is right.",
                      timer->name, off);
        break;
    }
}

void words_of_timers(char text[VERDICT_TEXT], const struct timers *timers)
{
    for (unsigned i = 0; i < timers->count; i++)
        say_timer(text, timers, i);
}

bool timers_may_mislead_linux(const struct timers *timers)
{
    for (unsigned i = 0; i < timers->count; i++) {
        if (timers->blame[i] != TIMER_IS_GOOD && source_linux_option(timers->of[i].name))
            return true;
    }
    return false;
}
