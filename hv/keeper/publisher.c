/*
 * Who is told what time it is, and when: the airtight publish for all, and each CPU's own. docs/clock.md has
 * the proof.
 */
#include "keeper/state.h"

#include "cpu/instructions.h"
#include "time/fixed.h"

#define MARGIN_NS 2000 /* beyond the skew: what stores may take to be seen */
/*
 * More is not waited for, with every reader held up and the lock taken: outlooks of one TSC, 3 s old at
 * 500 ppm, are no farther apart. TSCs that are cannot be made to agree by waiting; then unified mode ends.
 */
#define SKEW_MOST_NS 2000000
/* the joint is microseconds away; a TSC that stands still must not hold us for ever */
#define JOINT_TURNS 100000000u

static volatile struct xen_time_record *xen_record(const struct time_vcpu *vcpu)
{
    return (volatile struct xen_time_record *)vcpu->xen;
}

static void begin_vcpu(const struct time_vcpu *vcpu)
{
    if (vcpu->slot)
        record_begin(vcpu->slot, vcpu->version);
    if (vcpu->xen)
        xen_record_begin(xen_record(vcpu), vcpu->version);
}

static void fill_vcpu(const struct time_vcpu *vcpu, const struct published *data)
{
    if (vcpu->slot)
        record_fill(vcpu->slot, data);
    if (vcpu->xen)
        xen_record_fill(xen_record(vcpu), data);
}

static void end_vcpu(struct time_vcpu *vcpu)
{
    if (vcpu->slot)
        record_end(vcpu->slot, vcpu->version);
    if (vcpu->xen)
        xen_record_end(xen_record(vcpu), vcpu->version);
    vcpu->version += 2;
}

static void begin_all(struct time_domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        begin_vcpu(&domain->vcpus[i]);
    record_begin(domain->common, domain->common_version);
}

static void fill_all(struct time_domain *domain, const struct published *data)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        fill_vcpu(&domain->vcpus[i], data);
    record_fill(domain->common, data);
}

static void end_all(struct time_domain *domain)
{
    record_end(domain->common, domain->common_version);
    domain->common_version += 2;
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        end_vcpu(&domain->vcpus[i]);
}

static struct published say(const struct timeline *t, struct bound bound, uint8_t flags)
{
    return (struct published){
        .line = t->line,
        .bound = bound,
        .wall = wallclock_at(keeper.wall_base, t->line.ns),
        .hz = scale_to_hz(t->line.scale),
        .disruptions = t->disruptions,
        .flags = flags,
    };
}

struct consensus publish_gather(uint64_t tsc)
{
    struct consensus all;
    bool complete = true;

    consensus_start(&all);
    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (!clock_counts(clock_of(i)))
            continue;
        if (clock_of(i)->epoch == keeper.epoch)
            consensus_join(&all, &clock_of(i)->outlook, tsc, keeper.crystal.slip_ns);
        else
            complete = false;
    }
    all.agree = all.agree && complete;
    return all;
}

/*
 * The reference's view of the TSC's frequency: the middle of what is possible, without the slew of the line.
 */
static uint64_t measured_hz(struct range_ns rate, struct tsc_scale nominal)
{
    return scale_to_hz(scale_deviate(nominal, rate.lo + (rate.hi - rate.lo) / 2));
}

static void wait_past(uint64_t tsc)
{
    for (unsigned turn = 0; turn < JOINT_TURNS && rdtsc_ordered() <= tsc; turn++)
        cpu_relax();
}

/* What the outlooks allow; where they are not all there, what was measured at start-up counts too. */
static uint64_t skew_ticks(const struct consensus *all)
{
    int64_t skew = all->count ? all->value_hull.hi - all->value_hull.lo : 0;

    if (!all->agree)
        skew = max_i64(skew, keeper.skew_ns);
    return scale_ticks(keeper.nominal, (uint64_t)max_i64(0, min_i64(skew, SKEW_MOST_NS)));
}

/*
 * The airtight publish (DESIGN.md section 2). All records are odd from before the joint until every CPU's TSC
 * is past it, so no reading of the old line is later than the joint, and none of the new one earlier: T2
 * without a shared write.
 */
static void publish_airtight(uint8_t flags)
{
    struct time_domain *domain;
    struct consensus all;
    struct bound bound;
    uint64_t joint, skew;

    for (domain = keeper.domains; domain; domain = domain->next)
        begin_all(domain);
    joint = rdtsc_after_stores();
    all = publish_gather(joint);
    skew = skew_ticks(&all);
    joint += skew + scale_ticks(keeper.nominal, MARGIN_NS);
    all = publish_gather(joint);
    bound = timeline_update(&keeper.timeline, joint, &all);
    keeper.published = say(&keeper.timeline, bound, flags);
    if (all.agree)
        keeper.published.hz = measured_hz(all.rate, keeper.nominal);
    latch_set(&keeper.latch, &keeper.timeline.line);
    for (domain = keeper.domains; domain; domain = domain->next)
        fill_all(domain, &keeper.published);
    wait_past(joint + skew);
    for (domain = keeper.domains; domain; domain = domain->next)
        end_all(domain);
}

void publish_unified(void)
{
    publish_airtight(MERIDIAN_FLAG_TSC_STABLE);
}

void publish_new_round(void)
{
    keeper.round++;
    keeper.anchor_ns = INT64_MIN;
}

/*
 * After a disruption each CPU's S is where it happened to be, and R may be anywhere: they meet again only if
 * all are tied to R by one anchor. It is the greatest, for S to go back on none. False: not all have said yet
 * what they need, and so no bound is known.
 */
static bool anchor_together(struct cpu_clock *clock, const struct consensus *own, uint64_t joint)
{
    struct timeline *t = &clock->timeline;
    int64_t middle = own->value.lo + (own->value.hi - own->value.lo) / 2;

    if (clock->round != keeper.round) { /* once: others may have taken the greatest since */
        clock->round = keeper.round;
        keeper.anchor_ns = max_i64(keeper.anchor_ns, (int64_t)line_read(&t->line, joint) - middle);
    }
    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (clock_counts(clock_of(i)) && clock_of(i)->round != keeper.round)
            return false;
    }
    timeline_anchor(t, joint, own, keeper.anchor_ns);
    return true;
}

/* Only VCPUs on this CPU read these, and they do not run meanwhile: the joint may be now. */
void publish_own(struct cpu_clock *clock, unsigned cpu, uint64_t joint)
{
    struct consensus own;
    struct bound bound;

    consensus_start(&own);
    consensus_join(&own, &clock->outlook, joint, keeper.crystal.slip_ns);
    if (clock->epoch != keeper.epoch)
        own.agree = false;
    else if (!clock->timeline.anchored)
        own.agree = anchor_together(clock, &own, joint);
    bound = timeline_update(&clock->timeline, joint, &own);
    clock->published = say(&clock->timeline, bound, 0);
    clock->published.hz = measured_hz(own.rate, clock->timeline.nominal);
    latch_set(&clock->latch, &clock->timeline.line);
    for (struct time_domain *domain = keeper.domains; domain; domain = domain->next) {
        for (unsigned i = 0; i < domain->vcpu_count; i++) {
            if (domain->vcpus[i].cpu != cpu)
                continue;
            begin_vcpu(&domain->vcpus[i]);
            fill_vcpu(&domain->vcpus[i], &clock->published);
            end_vcpu(&domain->vcpus[i]);
        }
    }
}

/*
 * One last common line, no longer marked stable; every CPU's own line begins where that one stands, and is
 * steered by its own look at the reference from its next period on. Nothing steps.
 */
void publish_leave_unified(void)
{
    publish_airtight(0);
    publish_new_round();
    for (unsigned i = 0; i < keeper.cpus; i++) {
        clock_of(i)->timeline = keeper.timeline;
        clock_of(i)->published = keeper.published;
        latch_set(&clock_of(i)->latch, &keeper.timeline.line);
    }
    keeper.mode = CLOCK_PERCPU;
}

const struct published *published_for(unsigned cpu)
{
    return keeper.mode == CLOCK_UNIFIED ? &keeper.published : &clock_of(cpu)->published;
}
