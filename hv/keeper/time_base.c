/* The time base: every 250 ms each CPU looks at the reference, watches the others, and publishes. */
#include "keeper/time_base.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/latch.h"
#include "keeper/publisher.h"
#include "keeper/snapshot.h"
#include "keeper/watch.h"
#include "keeper/witness.h"

#define READS 3u /* of a reference that contradicts what is known, until it is believed */

/*
 * Which wrap of a narrow counter a count belongs to follows from where R should be. It is sure only while all
 * that R may be is much narrower than half a wrap.
 */
static bool wrap_is_sure(const struct counter *counter, int64_t width_ns)
{
    return width_ns < counter_wrap_ns(counter) / 4;
}

/* The TSC was set back and tells nothing: R is taken to be less than a wrap after the last reading. */
static int64_t after_the_last(const struct cpu_clock *clock, const struct tie *tie)
{
    int64_t wrap_ns = counter_wrap_ns(&tie->counter);

    return clock->look.ns + (wrap_ns < INT64_MAX ? wrap_ns / 2 : 0);
}

/*
 * A reading that is too wide (the host stalled) only fails: the next one may do. An outlook that is too wide
 * (the TSC leapt far) stays so: which wrap it is can not be known any more.
 */
bool measure(struct cpu_clock *clock, struct bracket *out, bool *lost)
{
    struct reference_reading reading;
    struct range early, late;
    struct tie tie;

    if (!tie_read(&tie) || !reference_read(tie.reference, &reading))
        return false;
    clock->look.tie = tie.changes;
    early = outlook_at(&clock->known.outlook, reading.tsc_lo);
    late = outlook_at(&clock->known.outlook, reading.tsc_hi);
    *lost = !wrap_is_sure(&tie.counter, early.hi - early.lo);
    if (!*lost && !wrap_is_sure(&tie.counter, late.hi - early.lo))
        return false;
    if (*lost || reading.tsc_hi < clock->look.tsc)
        *out = tie_bracket(&tie, after_the_last(clock, &tie), &reading);
    else
        *out = tie_bracket(&tie, range_middle((struct range){early.lo, late.hi}), &reading);
    return true;
}

/* Judges by what was known alone. After a long time without a look that is stricter than the estimate. */
static int64_t contradiction_ns(const struct cpu_clock *clock, struct bracket bracket)
{
    bracket.tsc_hi++; /* a tick, which the TSC had moved on when it was read */
    return outlook_gap_ns(&clock->known.outlook, &bracket) - keeper.crystal.slip_ns;
}

/*
 * Reads the reference, and reads it again if that contradicts what is known by more than noise can explain.
 * If it goes on to contradict, or cannot be read, the other timers are heard, and one may have taken its
 * place. Returns false if there is no reading at all. *expected: it does not contradict what is known.
 */
static bool read_reference(struct cpu_clock *clock, uint32_t epoch, struct bracket *bracket, bool *expected)
{
    int64_t noise_ns = clock->look.learned.most_ns;
    struct bracket other;
    bool any = false, near = false, lost = false;

    *expected = false;
    clock->look.blame = BLAME_UNKNOWN;
    for (unsigned again = 0; again < READS && !near && !lost; again++) {
        clock->look.again = again;
        if (!measure(clock, &other, &lost))
            continue;
        *bracket = other;
        any = true;
        near = clock->known.epoch != epoch || contradiction_ns(clock, other) <= noise_ns;
        if (near)
            clock->look.misreads += again;
    }
    clock->look.again = 0;
    *expected = any && !lost && contradiction_ns(clock, *bracket) <= 0;
    if (!*expected && !lost && clock->known.epoch == epoch &&
        witness_hear(clock, any ? bracket : NULL, &other)) {
        *bracket = other;
        *expected = contradiction_ns(clock, other) <= 0;
        any = true;
    }
    if (lost)
        clock->look.estimate.count = 0; /* nothing that is kept tells which wrap this is */
    return any;
}

/*
 * With the keeper's lock. Returns false if another CPU has seen a disruption meanwhile, or another timer has
 * become the reference: this reading may be from before it.
 */
static bool take_in(struct cpu_clock *clock, uint32_t epoch, bool agrees, const struct bracket *bracket,
                    const struct outlook *outlook)
{
    struct tsc_scale scale;

    if (keeper.epoch != epoch || keeper.tie.changes != clock->look.tie)
        return false;
    if (!agrees || clock->known.epoch != epoch)
        disrupted(clock, agrees, !agrees || contradiction_ns(clock, *bracket) > clock->look.learned.most_ns,
                  bracket);
    if (outlook->wander_ppb_s != clock->known.outlook.wander_ppb_s ||
        outlook->phase_ns != clock->known.outlook.phase_ns)
        assumed_changed();
    clock->known.outlook = *outlook;
    if (agrees)
        clock->look.forward_ns = FORWARD_NS;
    if (agrees && change_excluded(outlook))
        change_forget(&clock->look.change);
    else if (change_seen(&clock->look.change, bracket, clock->look.estimate.nominal,
                         counter_wrap_ns(&keeper.tie.counter), !agrees, &scale))
        rate_changed(clock, scale, bracket);
    clock->known.breach_epoch = keeper.assumptions.epoch;
    clock->known.width_ns = bracket_width_ns(bracket, clock->look.estimate.nominal);
    clock->look.tsc = bracket->tsc_hi;
    clock->look.ns = bracket->ref_lo_ns;
    return true;
}

/* Returns false if nothing new is known. */
static bool look_at_reference(struct cpu_clock *clock)
{
    uint32_t epoch = __atomic_load_n(&keeper.epoch, __ATOMIC_RELAXED);
    struct estimate *estimate = &clock->look.estimate;
    struct outlook outlook;
    struct bracket bracket;
    enum finding found;
    bool expected, taken;

    clock->look.breached = false;
    if (!read_reference(clock, epoch, &bracket, &expected)) {
        clock->look.missed++;
        return false;
    }
    estimate->crystal.slip_ns = keeper.crystal.slip_ns;
    /* After a disruption on another CPU, what was known before it is void. */
    if (clock->known.epoch != epoch || estimate->count == 0) {
        estimate_init(estimate, estimate->nominal, estimate->crystal);
        learn_restart(&clock->look.learned, bracket.tsc_lo);
    }
    found =
        learn_add(&clock->look.learned, estimate, &bracket, expected, assumed_by_others(cpu_id()), &outlook);
    clock->look.breached = found == FINDING_BREACH;
    if (found == FINDING_BREACH)
        breach_confess(clock);
    if (found == FINDING_NARROWER || found == FINDING_WIDER || found == FINDING_BREACH)
        announce_learned(cpu_id(), &clock->look.learned);

    bool were_on = lock_take(&keeper.lock);
    taken = take_in(clock, epoch, found != FINDING_DISRUPTION, &bracket, &outlook);
    lock_release(&keeper.lock, were_on);
    clock->look.missed += !taken;
    return taken;
}

/*
 * Unified mode: one publish a period, by the CPU that comes first. And one at once for a CPU that returned,
 * or that found a bound exceeded.
 */
static void publish_in_unified(uint64_t period, bool at_once)
{
    if (!at_once && period <= keeper.period) {
        watch_agreement();
        return;
    }
    keeper.period = period > keeper.period ? period : keeper.period;
    publish_unified();
}

static void publish_in_percpu(struct cpu_clock *clock, uint64_t period, bool sweep_over)
{
    publish_own(clock, cpu_id(), rdtsc_ordered());
    keeper.period = period; /* if unified mode begins now, it goes on from here */
    if (sweep_over)
        mode_try_unified();
}

/* Looks, watches and publishes. `on_time`: at this CPU's period, not because something is suspect. */
static void look(struct cpu_clock *clock, uint64_t period, bool on_time)
{
    bool were_on, returned, sweep_over;

    __atomic_store_n(&clock->alarm.nudged, false, __ATOMIC_RELAXED);
    clock->look.fresh = look_at_reference(clock);
    were_on = lock_take(&keeper.lock);
    returned = watch_returned(clock);
    sweep_over = on_time && watch_others(clock);
    if (returned || sweep_over) /* a sweep is a period */
        assumed_changed();
    if (keeper.mode == CLOCK_UNIFIED && watch_causality())
        publish_in_unified(period, returned || clock->look.breached);
    /* Not "else": unified mode may just have ended, and the common line may be far ahead of this TSC. */
    if (keeper.mode == CLOCK_PERCPU)
        publish_in_percpu(clock, period, sweep_over);
    watch_established();
    clock->look.line = keeper.mode == CLOCK_UNIFIED ? keeper.common.timeline.line : clock->own.timeline.line;
    snapshot_take(clock);
    lock_release(&keeper.lock, were_on);
}

/* No look does two of these, so none gets long by them. */
static void look_at_others(struct cpu_clock *clock, uint64_t period)
{
    uint64_t begun, done;

    if (witness_told())
        return;
    begun = rdtsc_ordered();
    if (!witness_next(clock, period))
        witness_rtc_next(clock);
    done = rdtsc_ordered();
    if (done >= begun) /* a TSC that is set back says nothing */
        witness_cost(clock, done - begun);
}

static void time_base(struct timer *timer, uint64_t now_ns)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t period = now_ns / PERIOD_NS, begun, looked;

    watch_meet(clock, period);
    begun = rdtsc_ordered();
    look(clock, period, true);
    looked = rdtsc_ordered();
    if (looked >= begun)
        __atomic_store_n(&clock->look.cost.looks, clock->look.cost.looks + looked - begun, __ATOMIC_RELAXED);
    look_at_others(clock, period);
    /* From what S is now: a look may have sent it forward past several periods. */
    keeper_timer_arm(timer, (keeper_now_ns() / PERIOD_NS + 1) * PERIOD_NS);
}

static void look_now(void)
{
    look(clock_of(cpu_id()), keeper_now_ns() / PERIOD_NS, false);
}

void time_base_init_cpu(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    keeper.look_now = look_now; /* each CPU sets the same */
    change_start(&clock->look.change, clock->look.estimate.nominal);
    look_now(); /* before a guest reads: the reference may tell TSCs apart that are too close for meetings */
    clock->look.timer.expired = time_base;
    keeper_timer_arm(&clock->look.timer, (keeper_now_ns() / PERIOD_NS + 1) * PERIOD_NS);
}
