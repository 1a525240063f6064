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

/*
 * Which wrap of a narrow counter a count belongs to follows from where R should be. It is sure only while all
 * that R may be is much narrower than half a wrap.
 */
static bool wrap_is_sure(const struct counter *counter, int64_t width_ns)
{
    return width_ns < counter_wrap_ns(counter) / 4;
}

/* The TSC was set back and tells nothing: R is taken to be less than a wrap after the last reading. */
static int64_t after_the_last(const struct cpu_clock *clock)
{
    int64_t wrap_ns = counter_wrap_ns(&keeper.tie.counter);

    return clock->look.ns + (wrap_ns < INT64_MAX ? wrap_ns / 2 : 0);
}

static struct bracket bracket_near(int64_t expected_ns, const struct reference_reading *reading)
{
    uint64_t expected = keeper.tie.origin + counter_from_ns(&keeper.tie.counter, expected_ns);

    return bracket_from_count(&keeper.tie.counter, keeper.tie.origin,
                              counter_unwrap(&keeper.tie.counter, expected, reading->count), reading->edge,
                              reading->tsc_lo, reading->tsc_hi);
}

/*
 * A reading that is too wide (the host stalled) only fails: the next one may do. An outlook that is too wide
 * (the TSC leapt far) stays so: which wrap it is can not be known any more.
 */
bool measure(const struct cpu_clock *clock, struct bracket *out, bool *lost)
{
    struct reference_reading reading;
    struct range early, late;

    if (!reference_read(keeper.tie.reference, &reading))
        return false;
    early = outlook_at(&clock->known.outlook, reading.tsc_lo);
    late = outlook_at(&clock->known.outlook, reading.tsc_hi);
    *lost = !wrap_is_sure(&keeper.tie.counter, early.hi - early.lo);
    if (!*lost && !wrap_is_sure(&keeper.tie.counter, late.hi - early.lo))
        return false;
    if (*lost || reading.tsc_hi < clock->look.tsc)
        *out = bracket_near(after_the_last(clock), &reading);
    else
        *out = bracket_near(range_middle((struct range){early.lo, late.hi}), &reading);
    return true;
}

/* Judges by what was known alone. After a long time without a look that is stricter than estimate_add. */
static bool expected_of(const struct outlook *known, struct bracket bracket)
{
    bracket.tsc_hi++; /* a tick, which the TSC had moved on when it was read */
    return outlook_gap_ns(known, &bracket) <= keeper.crystal.slip_ns;
}

/*
 * With the keeper's lock. Returns false if another CPU has seen a disruption meanwhile: this reading may be
 * from before it.
 */
static bool take_in(struct cpu_clock *clock, uint32_t epoch, bool agrees, const struct bracket *bracket,
                    const struct outlook *outlook)
{
    struct tsc_scale scale;

    if (keeper.epoch != epoch)
        return false;
    if (!agrees || clock->known.epoch != epoch)
        disrupted(clock, agrees, bracket);
    clock->known.outlook = *outlook;
    if (agrees) {
        clock->look.forward_ns = FORWARD_NS;
        change_forget(&clock->look.change);
    } else if (change_seen(&clock->look.change, bracket, clock->look.estimate.nominal,
                           counter_wrap_ns(&keeper.tie.counter), &scale)) {
        rate_changed(clock, scale, bracket);
    }
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
    struct crystal others = assumed_by_others(cpu_id());
    struct estimate *estimate = &clock->look.estimate;
    struct outlook outlook;
    struct bracket bracket;
    enum finding found;
    bool lost, taken;

    clock->look.breached = false;
    if (!measure(clock, &bracket, &lost)) {
        clock->look.missed++;
        return false;
    }
    estimate->crystal.slip_ns = keeper.crystal.slip_ns;
    /* After a disruption, here or on another CPU, what was known before it is void. */
    if (lost || clock->known.epoch != epoch) {
        estimate_init(estimate, estimate->nominal, estimate->crystal);
        learn_restart(&clock->look.learned, bracket.tsc_lo);
    }
    found = learn_add(&clock->look.learned, estimate, &bracket,
                      !lost && expected_of(&clock->known.outlook, bracket), others, &outlook);
    clock->look.breached = found == FINDING_BREACH && breach_confess(clock);
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

static void time_base(struct timer *timer, uint64_t now_ns)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t period = now_ns / PERIOD_NS;

    watch_meet(clock, period);
    look(clock, period, true);
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
