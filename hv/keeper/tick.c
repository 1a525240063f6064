/* The time base: every 250 ms on every CPU, its own look at the reference, and what follows from it. */
#include "keeper/state.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"

/*
 * TSC and reference disagree on this CPU. The first to see it starts a new epoch: S goes on from where it is,
 * the bound reads unknown. The others, when their turn comes, only start their estimates again.
 */
static void disrupted(struct cpu_clock *clock, const struct bracket *bracket, const struct outlook *expected)
{
    uint64_t tsc = rdtsc_ordered();
    bool news = clock->epoch == keeper.epoch;

    if (news) {
        keeper.epoch++;
        publish_new_round();
        report_disruption(cpu_id(), bracket, expected);
    }
    clock->epoch = keeper.epoch;
    if (keeper.mode == CLOCK_PERCPU)
        timeline_disrupt(&clock->timeline, tsc, clock->now_floor_ns);
    else if (news)
        timeline_disrupt(&keeper.timeline, tsc, clock->now_floor_ns);
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

static void leave_unified(const char *why)
{
    publish_leave_unified();
    report_clock(why);
}

static unsigned cpus_that_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < keeper.cpus; i++)
        count += clock_counts(clock_of(i));
    return count;
}

/*
 * The first CPU to come in a period counts it for all others; a machine that stood still as a whole counts
 * one, however long. True: this CPU had been taken for stopped.
 */
static bool watch_others(struct cpu_clock *own, uint64_t period)
{
    bool back = !clock_counts(own);

    own->silent = 0;
    if (back)
        report_back(cpu_id());
    if (period <= keeper.watched)
        return back;
    keeper.watched = period;
    for (unsigned i = 0; i < keeper.cpus; i++) {
        struct cpu_clock *clock = clock_of(i);

        if (clock != own && clock_counts(clock) && ++clock->silent == STOPPED_PERIODS)
            report_stopped(i);
    }
    return back;
}

static void watch_unified(uint64_t period, bool back)
{
    struct consensus all;

    if (!causal_watch()) {
        leave_unified("a TSC is behind another");
        return;
    }
    /* A disruption is told at once, not a period later; so is the bound for a CPU that is back. */
    if (back || period > keeper.period || keeper.published.disruptions != keeper.timeline.disruptions) {
        keeper.period = period > keeper.period ? period : keeper.period;
        publish_unified();
        return;
    }
    all = publish_gather(rdtsc_ordered());
    if (all.count == cpus_that_count() && !all.agree)
        leave_unified("TSCs disagree about the reference");
}

static void look_at_reference(struct cpu_clock *clock)
{
    uint32_t epoch = __atomic_load_n(&keeper.epoch, __ATOMIC_RELAXED);
    struct outlook outlook, expected = clock->outlook;
    struct bracket bracket;
    bool agrees;

    if (!measure(clock, &bracket)) {
        clock->missed++;
        return;
    }
    if (clock->epoch != epoch) /* somebody saw a disruption: what was known before it is void */
        estimate_init(&clock->estimate, clock->estimate.nominal, keeper.crystal);
    agrees = estimate_add(&clock->estimate, &bracket, &outlook);

    bool were_on = lock_take(&keeper.lock);
    if (keeper.epoch != epoch) { /* somebody saw one meanwhile: this reading may be from before it */
        clock->missed++;
    } else {
        if (!agrees || clock->epoch != epoch)
            disrupted(clock, &bracket, &expected);
        clock->outlook = outlook;
    }
    lock_release(&keeper.lock, were_on);
}

static void time_base(struct timer *timer, uint64_t now_ns)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t period = now_ns / PERIOD_NS;

    look_at_reference(clock);
    bool were_on = lock_take(&keeper.lock);
    bool back = watch_others(clock, period);
    if (keeper.mode == CLOCK_UNIFIED)
        watch_unified(period, back);
    else
        publish_own(clock, cpu_id(), rdtsc_ordered());
    lock_release(&keeper.lock, were_on);
    keeper_timer_arm(timer, (period + 1) * PERIOD_NS);
}

void tick_init_cpu(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());

    clock->base.expired = time_base;
    keeper_timer_arm(&clock->base, (keeper_now_ns() / PERIOD_NS + 1) * PERIOD_NS);
}
