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

/* Of two that agree it is enough that they do; @check has the figures. */
void words_of_crystals(char text[VERDICT_TEXT], const struct keeper_crystals *crystals, const char *source)
{
    bool ahead = crystals->rtc_ppb > 0, rtc = crystals->crystals == CRYSTALS_RTC;
    char off[SPAN], bound[SPAN];

    words_rate(off, magnitude(crystals->rtc_ppb));
    words_rate(bound, crystals->bound_ppb);
    switch (crystals->crystals) {
    case CRYSTALS_UNKNOWN: break;
    case CRYSTALS_AGREE: words_add(text, " RTC and %s agree within 100 ppm.", source); break;
    case CRYSTALS_RTC:
    case CRYSTALS_REFERENCE:
        words_add(text, " The %s's crystal is off: %s %s, to within %s.", rtc ? "rtc" : source, off,
                  ahead == rtc ? "fast" : "slow", bound);
        break;
    case CRYSTALS_EITHER:
        words_add(text,
                  " The rtc is %s %s than the %s, to within %s: one crystal is off, and nothing tells which.",
                  off, ahead ? "faster" : "slower", source, bound);
        break;
    }
}

bool timers_may_mislead_linux(const struct timers *timers)
{
    for (unsigned i = 0; i < timers->count; i++) {
        if (timers->blame[i] != TIMER_IS_GOOD && source_linux_option(timers->of[i].name))
            return true;
    }
    return false;
}
