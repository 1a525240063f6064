/* The time base: every 250 ms on every CPU, its own look at the reference, and what follows from it. */
#include "keeper/state.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"

/*
 * What is known of it: certain where the TSC is below what this very CPU has read. NULL: only that they
 * disagree.
 */
static const char *reason(const struct cpu_clock *clock, uint64_t tsc, bool adjusted)
{
    if (adjusted)
        return "tsc-adjust-written";
    if (tsc < clock->looked_tsc)
        return "tsc-set-back";
    return clock->suspect ? "tsc-set-back-or-slow" : NULL;
}

/*
 * The first to see it starts a new epoch, and says so. Unified mode ends: whose TSC it is, is to be shown
 * anew.
 */
static void first_to_see(struct cpu_clock *clock, const char *why, const struct bracket *bracket)
{
    struct range range = outlook_at(&clock->outlook, bracket->tsc_hi);
    int64_t off_ns = bracket->ref_lo_ns - (range.lo + (range.hi - range.lo) / 2);

    keeper.epoch++;
    keeper.broken_ns = keeper_now_ns();
    keeper.broken_cpu = cpu_id();
    report_disruption(cpu_id(), off_ns, why);
    if (keeper.mode == CLOCK_UNIFIED)
        mode_leave_unified("TSC and reference disagree");
    pairs_forget(&keeper.pairs);
    publish_forget_anchors();
    keeper.crystal.slip_ns = slip_shown_ns(off_ns);
    clock->estimate.crystal = keeper.crystal;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/*
 * What S may have been before the TSC was set back, by R since the last look. A narrow counter does not tell
 * R then (the machine may have stood still for turns of it meanwhile): the most that is ever believed. Where
 * it turns within a period, "ahead" may be "back". If it is not certain that the TSC was set back, it may be
 * the reference that lies.
 */
static uint64_t may_have_read(const struct cpu_clock *clock, bool certain, const struct bracket *bracket)
{
    int64_t wrap_ns = counter_wrap_ns(&keeper.counter);
    bool wide = wrap_ns == INT64_MAX, blind = wrap_ns < (int64_t)PERIOD_NS;
    /* Unsigned first: a reference that lies is any distance off. */
    int64_t gone_ns = (int64_t)((uint64_t)bracket->ref_hi_ns - (uint64_t)clock->looked_ns);

    if ((certain || clock->suspect || blind) && !(wide && gone_ns > 0))
        gone_ns = INT64_MAX;
    return timeline_at_most(&clock->timeline, clock->looked_tsc, gone_ns,
                            clock->now_floor_ns + (certain ? FORWARD_NS : clock->forward_ns));
}

/*
 * TSC and reference disagree on this CPU, or (`agrees`) did on another. S goes on from where it is; where R
 * is ahead, from where S may have been before a TSC was set back (T1): that the reference leapt instead
 * cannot be told from it. The bound reads unknown.
 */
static void disrupted(struct cpu_clock *clock, bool agrees, const struct bracket *bracket)
{
    uint64_t tsc = rdtsc_ordered(), before = clock->adjust, floor_ns, seen;
    bool adjusted = adjust_read(clock), certain = adjusted || tsc < clock->looked_tsc;

    if (clock->epoch == keeper.epoch)
        first_to_see(clock, reason(clock, tsc, adjusted), bracket);
    clock->epoch = keeper.epoch;
    if (adjusted)
        report_adjust(cpu_id(), before);
    if (certain)
        alarm_leave_deadline();
    seen = floor_ns = clock->now_floor_ns; /* not before now: what is above has asked for the time */
    if (!agrees)
        seen = max_u64(seen, may_have_read(clock, certain, bracket));
    if (!certain)
        clock->forward_ns -= seen - floor_ns;
    /* A TSC far ahead: of two lines that were read since the last look the slower one is far below. */
    seen = max_u64(seen, line_read(&clock->looked_line, tsc));
    timeline_disrupt(&clock->timeline, tsc, seen);
}

/* A CPU that is behind a TSC value which another had already read has a TSC that is not in step (T2). */
static bool causal_watch(void)
{
    uint64_t seen = keeper.last_tsc, own = rdtsc_ordered();

    if (own < seen)
        return false;
    keeper.last_tsc = own;
    return true;
}

/* One more period without a sign of that CPU. */
static void miss(unsigned cpu)
{
    struct cpu_clock *clock = clock_of(cpu);

    clock->silent++;
    if (clock->silent == NUDGE_PERIODS) {
        clock->nudged = true;
        smp_wake(cpu);
    }
    if (clock->silent == STOPPED_PERIODS)
        report_stopped(cpu);
}

/* True: this CPU had been taken for stopped. */
static bool watch_returned(struct cpu_clock *own)
{
    bool returned = !clock_counts(own);

    own->silent = 0;
    if (returned)
        report_returned(cpu_id());
    return returned;
}

/*
 * The CPU that comes first for the second time ends a round, and counts it for those who did not come in
 * it: by how often CPUs come, not by what S says on each. A machine that stood still as a whole counts one,
 * however long. True: a round is over.
 */
static bool watch_others(struct cpu_clock *own)
{
    bool over = own->sweep == keeper.sweeps;

    for (unsigned i = 0; over && i < keeper.cpus; i++) {
        if (clock_of(i)->sweep != keeper.sweeps && clock_counts(clock_of(i)))
            miss(i);
    }
    keeper.sweeps += over;
    own->sweep = keeper.sweeps;
    return over;
}

static void watch_unified(uint64_t period, bool returned)
{
    struct consensus all;

    if (!causal_watch()) {
        mode_leave_unified("a TSC is behind another");
        return;
    }
    if (returned || period > keeper.period) { /* the bound for a CPU that is back is told at once */
        keeper.period = period > keeper.period ? period : keeper.period;
        publish_unified();
        return;
    }
    all = publish_gather(rdtsc_ordered());
    if (all.count == mode_cpus_that_count() && !all.agree)
        mode_leave_unified("TSCs disagree about the reference");
}

static void watch_percpu(struct cpu_clock *clock, uint64_t period, bool sweep_over)
{
    publish_own(clock, cpu_id(), rdtsc_ordered());
    keeper.period = period; /* unified mode goes on from here, should it begin now */
    if (sweep_over)
        mode_try_unified();
}

/* Told by what was known alone, which after a long time without a look is stricter than estimate_add. */
static bool expected_of(const struct outlook *known, struct bracket bracket)
{
    bracket.tsc_hi++; /* a tick, which the TSC had moved on when it was read */
    return outlook_gap_ns(known, &bracket) <= keeper.crystal.slip_ns;
}

/*
 * With the keeper's lock. False: somebody saw a disruption meanwhile, and this reading may be from before
 * it.
 */
static bool take_in(struct cpu_clock *clock, uint32_t epoch, bool agrees, const struct bracket *bracket,
                    const struct outlook *outlook)
{
    if (keeper.epoch != epoch)
        return false;
    if (!agrees || clock->epoch != epoch)
        disrupted(clock, agrees, bracket);
    if (agrees)
        clock->forward_ns = FORWARD_NS;
    clock->outlook = *outlook;
    clock->looked_tsc = bracket->tsc_hi;
    clock->looked_ns = bracket->ref_lo_ns;
    return true;
}

/* False: nothing new is known. */
static bool look_at_reference(struct cpu_clock *clock)
{
    uint32_t epoch = __atomic_load_n(&keeper.epoch, __ATOMIC_RELAXED);
    struct outlook outlook;
    struct bracket bracket;
    bool agrees, lost, taken;

    if (!measure(clock, &bracket, &lost)) {
        clock->missed++;
        return false;
    }
    agrees = !lost && expected_of(&clock->outlook, bracket);
    /* Here or on another CPU: what was known before a disruption is void. */
    if (!agrees || clock->epoch != epoch)
        estimate_init(&clock->estimate, clock->estimate.nominal, keeper.crystal);
    agrees = estimate_add(&clock->estimate, &bracket, &outlook) && agrees;

    bool were_on = lock_take(&keeper.lock);
    taken = take_in(clock, epoch, agrees, &bracket, &outlook);
    lock_release(&keeper.lock, were_on);
    clock->missed += !taken;
    return taken;
}

static bool bound_known(void)
{
    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (clock_counts(clock_of(i)) && published_for(i)->bound.ns == UINT64_MAX)
            return false;
    }
    return true;
}

/*
 * The end of a disruption (T6): every CPU's bound is given again. Told by the CPU that saw it, if it still
 * runs.
 */
static void watch_established(void)
{
    uint64_t now;

    if (!keeper.broken_ns || !bound_known() ||
        (keeper.broken_cpu != cpu_id() && clock_counts(clock_of(keeper.broken_cpu))))
        return;
    now = keeper_now_ns();
    report_established(now > keeper.broken_ns ? now - keeper.broken_ns : 0);
    keeper.broken_ns = 0;
}

/* `in_turn`: at its time, not because something is odd. */
static void look(struct cpu_clock *clock, uint64_t period, bool on_time)
{
    clock->nudged = false;
    clock->fresh = look_at_reference(clock);
    bool were_on = lock_take(&keeper.lock);
    bool returned = watch_returned(clock);
    bool sweep_over = on_time && watch_others(clock);
    if (keeper.mode == CLOCK_UNIFIED)
        watch_unified(period, returned);
    /* Or it has just become so: the common line may be far ahead of this TSC. */
    if (keeper.mode == CLOCK_PERCPU)
        watch_percpu(clock, period, sweep_over);
    watch_established();
    clock->looked_line = keeper.mode == CLOCK_UNIFIED ? keeper.timeline.line : clock->timeline.line;
    snapshot_take(clock);
    lock_release(&keeper.lock, were_on);
}

static void time_base(struct timer *timer, uint64_t now_ns)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t period = now_ns / PERIOD_NS;

    watch_meet(clock, period);
    look(clock, period, true);
    /* By what S is now: a look may have sent it forward past several periods. */
    keeper_timer_arm(timer, (keeper_now_ns() / PERIOD_NS + 1) * PERIOD_NS);
}

static void look_now(void)
{
    look(clock_of(cpu_id()), keeper_now_ns() / PERIOD_NS, false);
}

void time_base_init_cpu(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    keeper.look_now = look_now; /* by all CPUs, and the same */
    look_now(); /* TSCs too close for a meeting to tell apart: the reference may, before a guest reads them */
    clock->base.expired = time_base;
    keeper_timer_arm(&clock->base, (keeper_now_ns() / PERIOD_NS + 1) * PERIOD_NS);
}
