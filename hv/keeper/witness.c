#include "keeper/witness.h"

#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "time/fixed.h"

/* One timer in so many periods: in one look it is read, in the next the estimate is solved anew. */
#define NEXT_PERIODS 8u
#define REREADS      2u /* before a timer is believed to have left R */
#define SOUND_AGAIN  4u /* readings without a contradiction, and it counts again */
#define FAILED_MOST  3u
#define LONGEST_NS   20000u

/* As tight as can be, or as quick. */
typedef bool (*reader)(const struct reference *ref, struct reference_reading *out);

struct range witness_expects(const struct cpu_clock *clock, const struct reference_reading *reading)
{
    return (struct range){
        .lo = outlook_at(&clock->known.outlook, reading->tsc_lo).lo - keeper.crystal.slip_ns,
        .hi = outlook_at(&clock->known.outlook, reading->tsc_hi).hi + keeper.crystal.slip_ns};
}

static struct sighting sighting_of(const struct cpu_clock *clock, const struct reference_reading *reading)
{
    return (struct sighting){reading->count, reading->edge, witness_expects(clock, reading)};
}

/* The range of rates counts as agreement where it meets what both makers' nominal rates may be off. */
static enum witness_state witness_judged(const struct witness *witness)
{
    struct range ppb = ratio_ppb(&witness->ratio);
    int64_t allowed = (int64_t)witness->timer->tolerance_ppb + keeper.tie.reference->tolerance_ppb;

    if (witness->ratio.estimate.count < BLAME_READINGS)
        return WITNESS_LEARNED;
    return ppb.lo > allowed || ppb.hi < -allowed ? WITNESS_DIFFERS : WITNESS_AGREES;
}

void witness_tell_soon(bool *untold)
{
    *untold = true;
    __atomic_store_n(&keeper.witnesses.untold, true, __ATOMIC_RELAXED);
}

/* A line at each change of state; and one whenever the rate has become known ten times better. */
static void set_state(struct witness *witness, enum witness_state state)
{
    struct range ppb = ratio_ppb(&witness->ratio);
    bool better = state != WITNESS_LEARNED && state == witness->state &&
                  (ppb.hi - ppb.lo) / 2 < witness->bound_ppb / 10;

    if (state == witness->state && !better)
        return;
    if (state != witness->state)
        timers_note_state(witness->timer, state);
    witness->state = state;
    witness_tell_soon(&witness->untold);
}

static void take(struct witness *witness, const struct sighting *seen)
{
    bool fits = ratio_add(&witness->ratio, seen);

    witness->failed = 0;
    witness->sound = fits ? witness->sound + 1 : 0;
    if (!fits)
        set_state(witness, WITNESS_APART);
    else if (witness->state != WITNESS_APART || witness->sound >= SOUND_AGAIN)
        set_state(witness, witness_judged(witness));
}

/*
 * Reads it until it fits, and a few times at most: a count that was caught in a carry, or was never given, is
 * contradicted by the next. Returns false if nothing could be read.
 */
static bool read_soundly(struct cpu_clock *clock, const struct witness *witness, reader read,
                         struct sighting *seen)
{
    struct reference_reading reading;
    bool any = false, fits = false, were_on;
    unsigned tries = 0;

    for (; tries <= REREADS && !fits; tries++) {
        if (!read(witness->timer, &reading))
            continue;
        any = true;
        *seen = sighting_of(clock, &reading);
        were_on = lock_take(&keeper.lock);
        fits = witness->ratio.estimate.count == 0 || ratio_fits(&witness->ratio, seen);
        lock_release(&keeper.lock, were_on);
    }
    clock->look.misreads += fits ? tries - 1 : 0;
    return any;
}

static void not_read(struct witness *witness)
{
    if (++witness->failed == FAILED_MOST)
        set_state(witness, WITNESS_UNREAD);
}

/* With the lock: what this CPU knows of R is of the reference as it is now. */
static bool up_to_date(const struct cpu_clock *clock)
{
    return clock->known.epoch == keeper.epoch && clock->look.tie == keeper.tie.changes;
}

/* On the boot CPU at start-up, beside what it knows of R: reads one, and takes it in. */
static void read_one(struct cpu_clock *clock, struct witness *witness)
{
    struct sighting seen;
    bool any = read_soundly(clock, witness, reference_read, &seen), were_on = lock_take(&keeper.lock);

    if (up_to_date(clock) && any)
        take(witness, &seen);
    else if (up_to_date(clock))
        not_read(witness);
    lock_release(&keeper.lock, were_on);
}

void witness_forget(struct witness *witness)
{
    const struct reference *timer = witness->timer;
    struct counter counter = {timer->period_num, timer->period_den, timer->bits};

    ratio_init(&witness->ratio, &counter, keeper.crystal.wander_ppb_s);
    witness->state = WITNESS_LEARNED;
    witness->failed = witness->sound = 0;
    witness->untold = false;
    witness->bound_ppb = INT64_MAX;
}

/* A reading that takes long, as where each look at a port is an SMI, would hold every look up. */
static bool quick(const struct reference *timer)
{
    return scale_reader_ns(keeper.nominal, timer->typical_width) <= LONGEST_NS;
}

static void gather(struct witnesses *all)
{
    const struct reference *timer;

    for (unsigned i = 0; i < SOURCES && (timer = reference_get(i)); i++) {
        if (timer != keeper.tie.reference && !quick(timer))
            continue;
        all->of[all->count].timer = timer;
        witness_forget(&all->of[all->count++]);
    }
}

void witness_start(void)
{
    struct witnesses *all = &keeper.witnesses;

    if (all->count == 0)
        gather(all);
    for (unsigned i = 0; i < all->count; i++) {
        if (all->of[i].timer != keeper.tie.reference)
            read_one(clock_of(0), &all->of[i]);
    }
}

/* With the lock. */
static struct witness *next_of(struct witnesses *all)
{
    do
        all->last = (all->last + 1) % all->count;
    while (all->of[all->last].timer == keeper.tie.reference);
    return &all->of[all->last];
}

static void next_comes_in(uint64_t period)
{
    __atomic_store_n(&keeper.witnesses.next_period, period, __ATOMIC_RELAXED);
}

/*
 * Returns the timer that is to be read in this look, with the lock. If it is NULL, a reading that waited has
 * been taken in instead, if it still counts.
 */
static struct witness *begin_next(const struct cpu_clock *clock, uint64_t period)
{
    struct witnesses *all = &keeper.witnesses;
    struct waiting *waiting = &all->waiting;

    if (period < all->next_period || clock->known.epoch != keeper.epoch)
        return NULL;
    if (!waiting->witness) {
        next_comes_in(period + 1);
        return next_of(all);
    }
    if (waiting->epoch == keeper.epoch && waiting->tie == keeper.tie.changes)
        take(waiting->witness, &waiting->seen);
    waiting->witness = NULL;
    next_comes_in(period + NEXT_PERIODS - 1);
    return NULL;
}

/* Solving an estimate takes longer than the reading: that is left to the next look. */
static void read_the_next(struct cpu_clock *clock, struct witness *witness, uint64_t period)
{
    struct waiting reading = {.witness = witness};
    bool any = read_soundly(clock, witness, reference_glance, &reading.seen);
    bool were_on = lock_take(&keeper.lock);

    /* A CPU that was held up meanwhile has nothing to say: others have gone on. */
    if (up_to_date(clock) && keeper.witnesses.next_period == period + 1) {
        reading.epoch = keeper.epoch;
        reading.tie = keeper.tie.changes;
        if (any)
            keeper.witnesses.waiting = reading;
        else
            not_read(witness);
    }
    lock_release(&keeper.lock, were_on);
}

bool witness_told(void)
{
    bool were_on, any;

    if (!__atomic_load_n(&keeper.witnesses.untold, __ATOMIC_RELAXED))
        return false;
    were_on = lock_take(&keeper.lock);
    any = witness_tell_next();
    lock_release(&keeper.lock, were_on);
    return any;
}

bool witness_next(struct cpu_clock *clock, uint64_t period)
{
    struct witness *witness;
    bool were_on;

    if (keeper.witnesses.count < 2 || !clock->look.fresh ||
        period < __atomic_load_n(&keeper.witnesses.next_period, __ATOMIC_RELAXED))
        return false;
    were_on = lock_take(&keeper.lock);
    witness = begin_next(clock, period);
    lock_release(&keeper.lock, were_on);
    if (witness)
        read_the_next(clock, witness, period);
    return true;
}

void witness_cost(struct cpu_clock *clock, uint64_t ticks)
{
    struct look_cost *cost = &clock->look.cost;

    __atomic_store_n(&cost->others, cost->others + ticks, __ATOMIC_RELAXED);
    if (ticks > cost->others_most)
        __atomic_store_n(&cost->others_most, ticks, __ATOMIC_RELAXED);
}
