/*
 * What VCPUs are told, and when: the airtight publish for all, and each CPU's own. docs/clock.md has the
 * proof.
 */
#include "keeper/publisher.h"

#include "cpu/instructions.h"
#include "keeper/clocks.h"
#include "keeper/latch.h"
#include "time/fixed.h"

#define MARGIN_NS 2000 /* beyond the skew: as long as stores may take to be seen */
/*
 * The publisher waits for no more skew than this, for every reader is held up and the lock taken meanwhile.
 * Outlooks of one TSC, 3 s old at 500 ppm, are no farther apart. TSCs that are farther apart do not agree by
 * waiting: then unified mode ends.
 */
#define SKEW_MOST_NS 2000000
/* the joint is microseconds away, but a TSC that stands still must not hold a CPU for ever */
#define JOINT_SPINS 100000000u
#define STILL_SPINS 1000u

/* Flags from bit 2 on count breaches; Xen's own record does not take them (time/publish.c). */
static struct published published_of(const struct timeline *t, struct bound bound, uint8_t flags)
{
    uint64_t breaches = keeper.assumptions.page.breaches & MERIDIAN_BREACH_MASK;

    return (struct published){
        .line = t->line,
        .bound = bound,
        .wall = wallclock_at(keeper.wall_base, t->line.ns),
        .hz = scale_to_hz(t->line.scale),
        .disruptions = t->disruptions,
        .flags = flags | (uint8_t)(breaches << MERIDIAN_BREACH_SHIFT),
    };
}

struct consensus publish_gather(uint64_t tsc)
{
    struct consensus all;

    consensus_start(&all);
    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (!clock_counts(clock_of(i)))
            continue;
        if (clock_of(i)->known.epoch != keeper.epoch)
            all.complete = false;
        else if (clock_of(i)->known.breach_epoch == keeper.assumptions.epoch)
            consensus_join(&all, &clock_of(i)->known.outlook, tsc, keeper.crystal.slip_ns);
        else /* a breach was told since: it may be wrong, and will look within a period */
            consensus_embrace(&all, &clock_of(i)->known.outlook, tsc);
    }
    all.agree = all.agree && all.complete;
    return all;
}

/* The TSC's frequency by the reference: the middle of what is possible, without the slew of the line. */
static uint64_t measured_hz(struct range rate, struct tsc_scale nominal)
{
    return scale_to_hz(scale_deviate(nominal, range_middle(rate)));
}

/*
 * Waits until this TSC is past `tsc`, but not for a TSC that stands still or is set back meanwhile: the lock
 * is held.
 */
static void wait_past(uint64_t tsc)
{
    uint64_t last = 0, now = rdtsc_ordered();
    unsigned still = 0;

    for (unsigned spin = 0; spin < JOINT_SPINS && now >= last && still < STILL_SPINS && now <= tsc; spin++) {
        cpu_relax();
        last = now;
        now = rdtsc_ordered();
        still = now == last ? still + 1 : 0;
    }
}

/*
 * Returns the skew that the outlooks allow. If they do not agree, what was measured at start-up counts too.
 */
static uint64_t skew_ticks(const struct consensus *all)
{
    int64_t skew = all->count ? all->value_hull.hi - all->value_hull.lo : 0;

    if (!all->agree)
        skew = max_i64(skew, keeper.skew_ns);
    return scale_ticks(keeper.nominal, (uint64_t)max_i64(0, min_i64(skew, SKEW_MOST_NS)));
}

/*
 * No CPU's own line was read beyond the joint, since all records are odd and TSCs are in step. So the highest
 * of them at the joint is not below anything that was read.
 */
static void join_timelines(uint64_t joint)
{
    bool first = true;

    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (!clock_counts(clock_of(i)))
            continue;
        if (first)
            keeper.common.timeline = clock_of(i)->own.timeline;
        /* step E1: the highest of all CPUs' own lines at the joint */
        timeline_join(&keeper.common.timeline, &clock_of(i)->own.timeline, joint);
        first = false;
    }
}

/* Stores are seen in their order (SDM vol. 3, 8.2.2): what a step promises stands when the step is seen. */
static void note_step(enum unfinished_step step)
{
    __atomic_store_n(&keeper.unfinished.step, step, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static void note_begun(void)
{
    keeper.unfinished.before = keeper.common;
    note_step(UNFINISHED_BEGUN);
}

/*
 * The airtight publish (docs/clock.md). All records are odd from before the joint until every CPU's TSC is
 * past it. So no reading of the old line is later than the joint, and none of the new one is earlier: T2
 * without a shared write.
 */
static void publish_airtight(bool entering)
{
    struct consensus all;
    struct bound bound;
    uint64_t joint, skew;

    assumed_refresh();
    note_begun();
    /* step P1: all records odd, the common one last */
    records_begin(NEWS_LINE);
    /* step P2: all CPUs see them odd, then the TSC is read */
    joint = rdtsc_after_stores();
    /* step P3: the joint, ahead of every CPU's TSC, and the line */
    all = publish_gather(joint);
    skew = skew_ticks(&all);
    joint += skew + scale_ticks(keeper.nominal, MARGIN_NS);
    all = publish_gather(joint);
    consensus_bridge(&all);
    if (entering)
        join_timelines(joint);
    bound = timeline_update(&keeper.common.timeline, joint, &all);
    keeper.common.published = published_of(&keeper.common.timeline, bound, MERIDIAN_FLAG_TSC_STABLE);
    if (all.agree)
        keeper.common.published.hz = measured_hz(all.rate, keeper.nominal);
    note_step(entering ? UNFINISHED_ENTERING : UNFINISHED_WHOLE);
    latch_set(&keeper.common.latch, &keeper.common.timeline.line);
    if (entering) /* from here on it is the common line that is told */
        keeper.common.history.count = 0;
    told_add(&keeper.common.history, &keeper.common.timeline);
    /* step P4: the data of all records */
    records_fill(NEWS_LINE, &keeper.common.published);
    /* step P5: every CPU's TSC is past the joint */
    wait_past(joint + skew);
    /* step P6: all records even, the common one first */
    records_end(NEWS_LINE);
}

void publish_unified(void)
{
    publish_airtight(false);
    note_step(UNFINISHED_NONE);
}

void publish_enter_unified(void)
{
    assumed_changed();
    publish_airtight(true);
    __atomic_store_n(&keeper.mode, CLOCK_UNIFIED, __ATOMIC_RELEASE);
    note_step(UNFINISHED_NONE);
}

void publish_forget_anchors(void)
{
    keeper.anchors.generation++;
    keeper.anchors.ns = INT64_MIN;
}

/* A CPU that comes late needs more than the others have settled on: all begin again, with what it needs. */
static void settle_again(const struct cpu_clock *late)
{
    publish_forget_anchors();
    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (clock_of(i) != late && clock_of(i)->measured)
            timeline_loosen(&clock_of(i)->own.timeline);
    }
}

/* Once in a generation: by how much this CPU's S is ahead of R. S goes back on no CPU, so the most counts. */
static void give_anchor(struct cpu_clock *clock, int64_t anchor_ns)
{
    if (keeper.anchors.settled_generation == keeper.anchors.generation && anchor_ns > keeper.anchors.ns)
        settle_again(clock);
    clock->known.anchor_generation = keeper.anchors.generation;
    keeper.anchors.ns = max_i64(keeper.anchors.ns, anchor_ns);
}

/*
 * After a disruption each CPU's S is where it happened to be, and R may be anywhere: the lines meet again
 * only if one anchor ties all of them to R. Returns false, and no bound is known, until all CPUs have said
 * what they need.
 */
static bool anchor_together(struct cpu_clock *clock, const struct consensus *own, uint64_t joint)
{
    struct timeline *t = &clock->own.timeline;

    if (clock->known.anchor_generation != keeper.anchors.generation)
        give_anchor(clock, (int64_t)line_read(&t->line, joint) - range_middle(own->value));
    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (clock_counts(clock_of(i)) && clock_of(i)->known.anchor_generation != keeper.anchors.generation)
            return false;
    }
    keeper.anchors.settled_generation = keeper.anchors.generation;
    timeline_anchor(t, joint, own, keeper.anchors.ns);
    return true;
}

/* Only VCPUs on this CPU read these records, and they do not run meanwhile: the joint may be now. */
void publish_own(struct cpu_clock *clock, unsigned cpu, uint64_t joint)
{
    struct consensus own;
    struct bound bound;
    unsigned settling;

    assumed_refresh();
    consensus_start(&own);
    consensus_join(&own, &clock->known.outlook, joint, keeper.crystal.slip_ns);
    if (clock->known.epoch != keeper.epoch)
        own.agree = false;
    else if (!clock->own.timeline.anchored)
        own.agree = anchor_together(clock, &own, joint);
    settling = clock->own.timeline.settling;
    bound = timeline_update(&clock->own.timeline, joint, &own);
    if (!clock->look.fresh) /* without a new look nothing has settled */
        clock->own.timeline.settling = settling;
    clock->own.published = published_of(&clock->own.timeline, bound, 0);
    clock->own.published.hz = measured_hz(own.rate, clock->own.timeline.nominal);
    latch_set(&clock->own.latch, &clock->own.timeline.line);
    told_add(&clock->own.history, &clock->own.timeline);
    for (struct time_domain *domain = keeper.domains; domain; domain = domain->next) {
        for (unsigned i = 0; i < domain->vcpu_count; i++) {
            if (domain->vcpus[i].cpu != cpu)
                continue;
            /* step O1: this CPU's own record, which no other reads */
            records_write_vcpu(&domain->vcpus[i], &clock->own.published);
        }
    }
}

/*
 * The line stays, and so does its bound; only the mark goes. The line becomes every CPU's own, until that
 * CPU's look at the reference bends it. Nothing steps, and a TSC that is off takes no other CPU with it. The
 * first bend may come only when every TSC is past all values at which the line was read with its mark: that
 * takes as long as TSCs in step can be apart.
 */
void publish_leave_unified(void)
{
    uint64_t apart_ns = (uint64_t)max_i64(0, min_i64(keeper.skew_ns, SKEW_MOST_NS));
    uint64_t marked;

    assumed_changed();
    note_step(UNFINISHED_LEAVING);
    /* step L1: all records odd */
    records_begin(NEWS_LINE);
    /* step L2: all CPUs see them odd, then the TSC is read */
    marked = rdtsc_after_stores();
    /* step L3: the same line without its mark */
    keeper.common.published.flags &= (uint8_t)~MERIDIAN_FLAG_TSC_STABLE;
    records_fill(NEWS_LINE, &keeper.common.published);
    for (unsigned i = 0; i < keeper.cpus; i++) {
        clock_of(i)->own.timeline = keeper.common.timeline;
        clock_of(i)->own.published = keeper.common.published;
        clock_of(i)->own.history = keeper.common.history;
        latch_set(&clock_of(i)->own.latch, &keeper.common.timeline.line);
    }
    __atomic_store_n(&keeper.mode, CLOCK_PERCPU, __ATOMIC_RELEASE);
    /* step L4: every CPU's TSC is past all that was read of it */
    wait_past(marked + 2 * scale_ticks(keeper.nominal, apart_ns));
    /* step L5: all records even */
    records_end(NEWS_LINE);
    note_step(UNFINISHED_NONE);
}

/*
 * If the new line was not whole yet, nobody has read it: the line before goes on. If it was, somebody may
 * have read it, and every TSC is past its joint by now, for that CPU was waited for; so it is finished.
 */
static void settle_unfinished(void)
{
    uint32_t step = keeper.unfinished.step;

    if (step == UNFINISHED_BEGUN) {
        keeper.common.timeline = keeper.unfinished.before.timeline;
        keeper.common.published = keeper.unfinished.before.published;
    }
    if (step == UNFINISHED_ENTERING)
        __atomic_store_n(&keeper.mode, CLOCK_UNIFIED, __ATOMIC_RELEASE);
    if (step == UNFINISHED_LEAVING && clock_mode_now() == CLOCK_PERCPU)
        keeper.unfinished.step = UNFINISHED_NONE;
    latch_set_again(&keeper.common.latch, &keeper.common.timeline.line);
    for (unsigned i = 0; i < keeper.cpus; i++)
        latch_set_again(&clock_of(i)->own.latch, &clock_of(i)->own.timeline.line);
}

void publish_again(void)
{
    assumed_changed(); /* the page too may be half written */
    assumed_refresh();
    settle_unfinished();
    records_say_wall();
    /* step A1: versions past what it may have left */
    records_skip();
    if (keeper.unfinished.step == UNFINISHED_LEAVING)
        publish_leave_unified();
    /* step A2: all records odd, whatever it had released */
    records_begin(NEWS_BOTH);
    rdtsc_after_stores();
    /* step A3: the data of all records */
    records_fill(NEWS_BOTH, NULL);
    /* step A4: all records even */
    records_end(NEWS_BOTH);
    note_step(UNFINISHED_NONE);
}

const struct published *published_for(unsigned cpu)
{
    return clock_mode_now() == CLOCK_UNIFIED ? &keeper.common.published : &clock_of(cpu)->own.published;
}
