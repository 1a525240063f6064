/*
 * TSC and reference disagree, and the other timers are heard: which of the two is to blame, and which timer
 * takes the place of a reference that is.
 */
#include "cpu/lock.h"
#include "keeper/clocks.h"
#include "keeper/witness.h"
#include "time/fixed.h"

#define BRIDGE 1000 /* between two readings lie microseconds: a thousandth of them covers any TSC's rate */

/* What all have said, of one moment. */
struct hearing {
    struct tie tie;                /* as it was when it began */
    const struct bracket *bracket; /* by the reference; NULL: it cannot be read */
    enum relay_cause cause;
    bool read[SOURCES];
    struct reference_reading reading[SOURCES];
};

/* R by the reference at another timer's reading, some microseconds before or after. */
static struct range reference_expects(const struct cpu_clock *clock, const struct bracket *bracket,
                                      const struct reference_reading *reading)
{
    int64_t from, to;

    if (!bracket || !ratio_near((struct range){bracket->ref_lo_ns, bracket->ref_hi_ns}))
        return NOWHERE;
    from = scale_between_ns(clock->look.estimate.nominal, bracket->tsc_hi, reading->tsc_lo);
    to = scale_between_ns(clock->look.estimate.nominal, bracket->tsc_lo, reading->tsc_hi);
    return (struct range){bracket->ref_lo_ns + from - abs_i64(from) / BRIDGE - 1,
                          bracket->ref_hi_ns + to + abs_i64(to) / BRIDGE + 1};
}

/* The TSC went on by several counts since, and the reference did not. */
static bool stands_still(const struct cpu_clock *clock, const struct tie *tie, const struct bracket *bracket)
{
    struct reference_reading again;
    struct bracket later;
    int64_t gone;

    if (!reference_read(tie->reference, &again))
        return false;
    later = tie_bracket(tie, bracket->ref_lo_ns, &again);
    gone = scale_between_ns(clock->look.estimate.nominal, bracket->tsc_hi, again.tsc_lo);
    return later.ref_hi_ns == bracket->ref_hi_ns && gone > 2 * counter_ns(&tie->counter, 1) + 2;
}

/* Returns false if there is nothing to judge: a reference that could not be read can be read after all. */
static bool read_all(const struct cpu_clock *clock, struct hearing *hearing)
{
    struct reference_reading reading;

    if (!hearing->bracket && reference_read(hearing->tie.reference, &reading))
        return false;
    hearing->cause = RELAY_UNREADABLE;
    if (hearing->bracket)
        hearing->cause =
            stands_still(clock, &hearing->tie, hearing->bracket) ? RELAY_STANDS_STILL : RELAY_OFF;
    for (unsigned i = 0; i < keeper.witnesses.count; i++) {
        const struct reference *timer = keeper.witnesses.of[i].timer;

        hearing->read[i] = timer != hearing->tie.reference && reference_read(timer, &hearing->reading[i]);
    }
    return true;
}

static enum testimony said_by(const struct cpu_clock *clock, const struct hearing *hearing, unsigned i)
{
    const struct witness *witness = &keeper.witnesses.of[i];
    const struct reference_reading *reading = &hearing->reading[i];

    if (!hearing->read[i] || witness->state == WITNESS_APART)
        return SAYS_NOTHING;
    return testify(&witness->ratio, reading->count, reading->edge, witness_expects(clock, reading),
                   reference_expects(clock, hearing->bracket, reading));
}

/*
 * From this count on R is made of the witness. R goes on, within what was known of it: so no anchor changes,
 * no estimate begins again, and what is known of the other timers stays.
 */
static bool put_in_place(struct cpu_clock *clock, struct witness *witness, enum keeper_timer_fault fault,
                         const struct reference_reading *reading, struct bracket *out)
{
    struct sighting seen = {reading->count, reading->edge, witness_expects(clock, reading)};
    struct relay relay;
    struct range own;

    if (!ratio_add(&witness->ratio, &seen) || !ratio_place(&witness->ratio, &seen, &own))
        return false;
    relay = ratio_relay(&witness->ratio, own);
    timers_note(keeper.tie.reference, fault);
    for (unsigned i = 0; i < keeper.witnesses.count; i++) {
        if (keeper.witnesses.of[i].timer == keeper.tie.reference)
            witness_forget(&keeper.witnesses.of[i]);
    }
    tie_change(&(struct tie){.reference = witness->timer,
                             .counter = relay.counter,
                             .origin = reading->count,
                             .base_ns = relay.base_ns,
                             .slack_ns = relay.slack_ns,
                             .slack_ppb = relay.slack_ppb});
    clock->look.tie = keeper.tie.changes;
    *out = tie_bracket(&keeper.tie, relay.base_ns, reading);
    return true;
}

static int64_t off_ns(const struct cpu_clock *clock, const struct bracket *bracket)
{
    return bracket ? bracket->ref_lo_ns - range_middle(outlook_at(&clock->known.outlook, bracket->tsc_hi))
                   : 0;
}

/* With the lock. */
static bool judge_all(struct cpu_clock *clock, const struct hearing *hearing, struct bracket *out)
{
    static const enum keeper_timer_fault faults[] = {[RELAY_UNREADABLE] = KEEPER_TIMER_UNREAD,
                                                     [RELAY_STANDS_STILL] = KEEPER_TIMER_STOOD_STILL,
                                                     [RELAY_OFF] = KEEPER_TIMER_LEAPT};
    enum testimony said[SOURCES];
    unsigned first = SOURCES;

    if (clock->known.epoch != keeper.epoch || keeper.tie.changes != hearing->tie.changes)
        return false;
    for (unsigned i = 0; i < keeper.witnesses.count; i++) {
        said[i] = said_by(clock, hearing, i);
        if (said[i] == SAYS_TSC && first == SOURCES)
            first = i; /* they stand by how tightly they can be read */
    }
    keeper.witnesses.waiting.witness = NULL; /* it is older than what is heard now */
    clock->look.blame = blame(said, keeper.witnesses.count);
    if (clock->look.blame != BLAME_REFERENCE ||
        !put_in_place(clock, &keeper.witnesses.of[first], faults[hearing->cause], &hearing->reading[first],
                      out))
        return false;
    witness_tell_relay(&hearing->tie, hearing->cause, off_ns(clock, hearing->bracket));
    return true;
}

bool witness_hear(struct cpu_clock *clock, const struct bracket *bracket, struct bracket *out)
{
    struct hearing hearing = {.bracket = bracket};
    bool were_on, replaced;

    clock->look.blame = BLAME_UNKNOWN;
    if (keeper.witnesses.count < 2 || !tie_read(&hearing.tie) || hearing.tie.changes != clock->look.tie ||
        !read_all(clock, &hearing))
        return false;
    were_on = lock_take(&keeper.lock);
    replaced = judge_all(clock, &hearing, out);
    lock_release(&keeper.lock, were_on);
    return replaced;
}
