/* What is told of the timers beside the reference: @witness and @reference (docs/lines.md). */
#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/witness.h"
#include "log/log.h"
#include "time/fixed.h"

#define TOLD_MOST 16u /* lines of one timer: one that comes and goes must not fill the log */

static const char *const states[] = {
    [WITNESS_LEARNED] = "learned", [WITNESS_AGREES] = "agrees", [WITNESS_DIFFERS] = "differs",
    [WITNESS_APART] = "apart",     [WITNESS_UNREAD] = "unread",
};

static bool rate_known(const struct witness *witness)
{
    return witness->ratio.estimate.count >= BLAME_READINGS;
}

static void tell_rate(const char *name, const char *against, struct range ppb, const char *state)
{
    int64_t middle = range_middle(ppb);

    log_print("@witness name=%s against=%s ratio_ppb=%ld bound_ppb=%ld state=%s\n", name, against, middle,
              ppb.hi - middle, state);
}

static void tell_without_rate(const char *name, enum witness_state state)
{
    log_print("@witness name=%s against=%s ratio_ppb=unknown bound_ppb=unknown state=%s\n", name,
              keeper.tie.reference->name, states[state]);
}

/* In words, what should not be. */
static void tell_what_is_wrong(const struct witness *witness)
{
    const char *name = witness->timer->name, *reference = keeper.tie.reference->name;

    if (witness->state == WITNESS_APART)
        log_print("clock: the %s has left the %s, with which the TSCs go on; its word does not count until "
                  "it has gone on evenly for some readings\n",
                  name, reference);
    if (witness->state == WITNESS_UNREAD)
        log_print("clock: the %s cannot be read any more\n", name);
    if (witness->state == WITNESS_DIFFERS)
        log_print(
            "clock: %s and %s differ by more than their readings explain; which of them is right, nothing "
            "here can tell\n",
            name, reference);
}

static void tell_timer(struct witness *witness)
{
    struct range ppb;

    if (witness->told++ >= TOLD_MOST)
        return;
    tell_what_is_wrong(witness);
    if (!rate_known(witness)) {
        tell_without_rate(witness->timer->name, witness->state);
        return;
    }
    ppb = ratio_ppb(&witness->ratio);
    witness->bound_ppb = (ppb.hi - ppb.lo) / 2;
    tell_rate(witness->timer->name, keeper.tie.reference->name, ppb, states[witness->state]);
}

/* Two timers beside the reference: each is known against it, and so against the other. */
static void tell_pair(const struct witness *witness, const struct witness *other)
{
    struct range a = ratio_ppb(&witness->ratio), b = ratio_ppb(&other->ratio);
    struct range ppb = {a.lo - b.hi - 1, a.hi - b.lo + 1}; /* 1: their product, below 500 ppm squared */
    int64_t allowed = (int64_t)witness->timer->tolerance_ppb + other->timer->tolerance_ppb;

    tell_rate(witness->timer->name, other->timer->name, ppb,
              states[ppb.lo > allowed || ppb.hi < -allowed ? WITNESS_DIFFERS : WITNESS_AGREES]);
}

static void tell_crystals(struct range ppb)
{
    const char *reference = keeper.tie.reference->name;
    struct range again;
    const char *whose = "one of these two crystals is off, and nothing here tells which";

    switch (witness_rtc_blame(&again)) {
    case CRYSTALS_RTC:
        whose = "the other timers agree with the reference, so the RTC's crystal is off";
        break;
    case CRYSTALS_REFERENCE: whose = "the other timers agree with the RTC, so the reference is off"; break;
    default: break;
    }
    log_print("clock: the rtc is %+ld +/- %ld ppm beside the %s: %s\n", range_middle(ppb) / 1000,
              (ppb.hi - ppb.lo) / 2000, reference, whose);
}

static void tell_rtc(struct witness_rtc *rtc)
{
    struct range ppb;
    bool known = seconds_rate(&rtc->seconds, &ppb);

    if (rtc->told++ >= TOLD_MOST)
        return;
    if (rtc->state == WITNESS_APART)
        log_print("clock: the rtc stands still, was set, or has changed its rate; it is measured anew\n");
    if (rtc->state == WITNESS_UNREAD)
        log_print("clock: the rtc cannot be read any more\n");
    if (!known) {
        tell_without_rate("rtc", rtc->state);
        return;
    }
    rtc->bound_ppb = (ppb.hi - ppb.lo) / 2;
    if (rtc->state == WITNESS_DIFFERS)
        tell_crystals(ppb);
    tell_rate("rtc", keeper.tie.reference->name, ppb, states[rtc->state]);
}

bool witness_tell_next(void)
{
    struct witnesses *all = &keeper.witnesses;

    for (unsigned i = 0; i < all->count; i++) {
        if (all->of[i].untold) {
            all->of[i].untold = false;
            tell_timer(&all->of[i]);
            return true;
        }
    }
    __atomic_store_n(&all->untold, false, __ATOMIC_RELAXED);
    if (!all->rtc.untold)
        return false;
    all->rtc.untold = false;
    tell_rtc(&all->rtc);
    return true;
}

void witness_tell_all(void)
{
    while (witness_tell_next())
        continue;
    if (!keeper.witnesses.rtc.there)
        tell_without_rate("rtc", WITNESS_UNREAD);
    for (unsigned i = 0; i < keeper.witnesses.count; i++) {
        const struct witness *witness = &keeper.witnesses.of[i];

        for (unsigned j = 0; j < i; j++) {
            const struct witness *other = &keeper.witnesses.of[j];

            if (witness->timer != keeper.tie.reference && other->timer != keeper.tie.reference &&
                rate_known(witness) && rate_known(other))
                tell_pair(witness, other);
        }
    }
}

const char *witness_opponent(unsigned cpu)
{
    return clock_of(cpu)->look.blame == BLAME_TSC ? "timers" : keeper.tie.reference->name;
}

void witness_tell_cause(unsigned cpu)
{
    if (keeper.witnesses.count < 2)
        return;
    if (clock_of(cpu)->look.blame == BLAME_UNKNOWN)
        log_print("clock: no other timer tells which of them is right\n");
    else if (clock_mode_now() == CLOCK_UNIFIED && keeper.cpus > 1)
        log_print(
            "clock: the timers go on together, and the TSCs were in step just now: if they all left, it "
            "is the rate of the TSCs against all timers, cause unknown\n");
    else
        log_print("clock: the timers go on together, without this TSC\n");
}

void witness_tell_relay(const struct tie *from, enum relay_cause cause, int64_t off_ns)
{
    static const char *const what[] = {
        [RELAY_UNREADABLE] = "unreadable", [RELAY_STANDS_STILL] = "stands-still", [RELAY_OFF] = "off"};
    const struct tie *to = &keeper.tie;

    log_print("clock: the %s %s (%+ld ns), where the TSC of CPU %u and the %s agree: the %s takes its place; "
              "the bound allows for %ld ns and %u ppb more\n",
              from->reference->name,
              cause == RELAY_UNREADABLE     ? "cannot be read any more"
              : cause == RELAY_STANDS_STILL ? "stands still"
                                            : "is not where it should be",
              off_ns, cpu_id(), to->reference->name, to->reference->name, to->slack_ns, to->slack_ppb);
    log_print("@reference what=%s from=%s to=%s off_ns=%ld slack_ns=%ld slack_ppb=%u at_ns=%lu\n",
              what[cause], from->reference->name, to->reference->name, off_ns, to->slack_ns, to->slack_ppb,
              keeper_now_ns());
}
