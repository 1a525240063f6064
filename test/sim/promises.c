#include "constant.h"
#include "kept.h"
#include "guest.h"
#include "negative.h"
#include "told.h"

#include <math.h>
#include <string.h>

#include "meridian/abi.h"

/*
 * T6: the bound is known again so many periods after the last thing that was wrong: one to see it, one in
 * which all CPUs look once more, four to settle, and what a period's end may add to each.
 */
#define SETTLE_PERIODS 8
/*
 * A CPU that runs looks at the reference at least so often: by itself, or because others miss it for two
 * periods.
 */
#define LOOK_NS (4 * PERIOD)

#define STEP_NS 10

struct kept kept;

void promises_forget(void)
{
    constants_forget();
    memset(kept.cpus, 0, sizeof kept.cpus);
    memset(kept.vcpus, 0, sizeof kept.vcpus);
}

void promises_begin(void)
{
    kept.stable_ns = 0;
    kept.low_ns = 0;
    kept.doubts = kept.faults = kept.modes = 0;
    kept.unseen = kept.skewed = false;
    kept.upset_ns = world.now_ns;
    told_forget();
    kept.tsc_touched_ns = kept.ref_touched_ns = kept.rate_ns = kept.line_ns = kept.mode_ns = -1;
    for (unsigned i = 0; i < world.m.cpus; i++) {
        kept.cpus[i].granted_ns = injected_ns(i);
        kept.cpus[i].looked_ns = kept.cpus[i].began_ns = world.now_ns;
        kept.cpus[i].excused_ns = larger(kept.cpus[i].excused_ns, world.now_ns);
        kept.cpus[i].width_ns = 1e4L + world.m.stall_ns;
        kept.cpus[i].told_ns = NEVER;
        kept.cpus[i].line_ns = -1;
    }
}

void upset_until(long double ns)
{
    kept.upset_ns = larger(kept.upset_ns, ns);
}

void promises_excuse(unsigned cpu, long double until_ns)
{
    kept.cpus[cpu].excused_ns = larger(kept.cpus[cpu].excused_ns, until_ns);
    upset_until(until_ns);
}

/* Returns when the first other CPU comes to its alarm, or this one: the others wait for it no longer. */
static long double others_come_ns(unsigned cpu, long double until_ns)
{
    long double first_ns = until_ns;

    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (i != cpu && takes_part(i))
            first_ns = smaller(first_ns, larger(world.cpus[i].alarm_ns, world.cpus[i].asleep_until));
    }
    return first_ns;
}

void promises_late(unsigned cpu, long double until_ns)
{
    /* The one before was late until now, or came. */
    promises_excuse(cpu, smaller(kept.cpus[cpu].late_ns, world.now_ns));
    kept.cpus[cpu].late_ns = until_ns;
    if (until_ns > world.now_ns)
        upset_until(smaller(until_ns, larger(world.now_ns, others_come_ns(cpu, until_ns)) +
                                          (STOPPED_PERIODS + 2) * PERIOD));
}

void promises_stops(unsigned cpu, long double until_ns)
{
    kept.cpus[cpu].stopped_ns = world.now_ns;
    kept.cpus[cpu].excused_ns = larger(kept.cpus[cpu].excused_ns, until_ns);
    upset_until(smaller(until_ns, world.now_ns + (STOPPED_PERIODS + 2) * PERIOD));
}

void promises_excuse_all(long double until_ns)
{
    for (unsigned i = 0; i < world.m.cpus; i++)
        promises_excuse(i, until_ns);
}

void doubt(unsigned cpu)
{
    struct promise_cpu *c = &kept.cpus[cpu];

    upset_until(world.now_ns);
    c->doubt_ns = world.now_ns;
    if (!takes_part(cpu) || c->doubt)
        return;
    kept.doubts++;
    c->doubt = true;
    c->counted = c->shown;
}

void promises_rate_changes(void)
{
    kept.rate_ns = world.now_ns;
}

void promises_doubt(unsigned cpu, bool tsc)
{
    kept.faults++;
    doubt(cpu);
    if (!tsc) {
        kept.ref_touched_ns = world.now_ns;
    } else if (kept.cpus[cpu].doubt) {
        kept.cpus[cpu].tsc_doubt = true;
        kept.tsc_touched_ns = world.now_ns;
    }
}

bool is_unified(void)
{
    return guest_record(0)->flags & MERIDIAN_FLAG_TSC_STABLE;
}

uint16_t counted_on(unsigned cpu)
{
    return guest_record(cpu)->disruptions;
}

/* Where the publish is late, readers go on for longer with the rate that the step feigns. */
long double unseen_on_ns(unsigned cpu)
{
    const struct promise_cpu *c = &kept.cpus[cpu];

    return larger(c->inherited_ns,
                  c->unseen_ns + larger(0, world.now_ns - c->unseen_until_ns) * c->unseen_rate);
}

long double unseen_ns(unsigned cpu)
{
    long double most_ns = 0;

    if (!is_unified())
        return unseen_on_ns(cpu);
    if (!kept.unseen)
        return 0;
    for (unsigned i = 0; i < world.m.cpus; i++)
        most_ns = larger(most_ns, unseen_on_ns(i));
    return most_ns;
}

/*
 * In unified mode one CPU's word is in what all are told. A CPU that stands still says nothing, and its
 * outlook is from before.
 */
bool promises_doubtful(unsigned cpu)
{
    if (kept.cpus[cpu].doubt)
        return true;
    for (unsigned i = 0; kept.doubts > 0 && is_unified() && i < world.m.cpus; i++) {
        if (kept.cpus[i].doubt && !asleep(i))
            return true;
    }
    return false;
}

long double promises_bound_ns(unsigned cpu)
{
    const struct meridian_record *record = guest_record(cpu);
    long double age_ns = world.now_ns - kept.cpus[cpu].looked_ns + PERIOD;

    if (record->err_ns == MERIDIAN_UNKNOWN_NS)
        return NEVER;
    return (long double)record->err_ns + age_ns * record->err_ppb * 1e-9L + larger(0, age_ns - 1e9L) * 1e-4L;
}

bool promises_one_wrap(void)
{
    return kept.faults == 0 || world.m.ref.bits >= 64;
}

/* ---- Reads ---- */

void promises_read_begins(struct sim_read *read)
{
    read->stable_ns = kept.stable_ns;
    read->low_ns = kept.low_ns;
}

/* T1. Who reads a TSC that was set back reads less, until its CPU looks at the reference. */
static void check_own_order(const struct sim_read *r)
{
    struct promise_vcpu *v = &kept.vcpus[r->vcpu];

    PROMISE(r->ns >= v->most_ns || kept.cpus[r->cpu].tsc_doubt, "T1: CPU %u: back by %llu ns\n", r->cpu,
            (unsigned long long)(v->most_ns - r->ns));
    v->most_ns = r->ns > v->most_ns ? r->ns : v->most_ns;
}

void promises_xen_read(unsigned vcpu, unsigned cpu, uint64_t ns)
{
    uint64_t *most_ns = &kept.vcpus[vcpu].xen_ns;

    PROMISE(ns >= *most_ns || kept.cpus[cpu].tsc_doubt, "T1 in Xen's record: CPU %u: back by %llu ns\n", cpu,
            (unsigned long long)(*most_ns - ns));
    *most_ns = ns > *most_ns ? ns : *most_ns;
}

/* T2's premise, that TSCs are in step, is looked at by each CPU once a period. */
static bool all_looked_since(long double ns)
{
    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (takes_part(i) && !asleep(i) && kept.cpus[i].looked_ns <= ns)
            return false;
    }
    return true;
}

/*
 * What passes between cause and effect on another CPU, at least; else the TSCs were not in step. A step of a
 * TSC that was too small to see stays: as far as it is there.
 */
static long double skew_ns(void)
{
    long double skewed_ns = 0;

    for (unsigned i = 0; kept.skewed && i < world.m.cpus; i++)
        skewed_ns = larger(skewed_ns, kept.cpus[i].skewed_ns);
    return world.m.skew_ticks / world.m.hz * 1e9L +
           (skewed_ns > 0 ? smaller(2 * skewed_ns, true_skew_ns()) : 0);
}

/* T2 by the records alone. */
static void check_common_order(const struct sim_read *r)
{
    if (!r->stable || (kept.tsc_touched_ns >= 0 && !all_looked_since(kept.tsc_touched_ns)))
        return;
    if ((long double)r->ns + world.m.skew_ticks / world.m.hz * 1e9L + 1 < (long double)r->stable_ns)
        excuse(EXCUSED_SKEW);
    PROMISE((long double)r->ns + skew_ns() + 1 >= (long double)r->stable_ns, "T2: CPU %u: back by %llu ns\n",
            r->cpu, (unsigned long long)(r->stable_ns - r->ns));
    kept.stable_ns = r->ns > kept.stable_ns ? r->ns : kept.stable_ns;
}

/*
 * The reader's own growth is D t / 2 and, past a second, 100 ppm: that covers D t^2 / 2 for so long. An older
 * record's publisher is dead or late beyond that.
 */
static bool too_old(const struct sim_read *r)
{
    long double s = r->age_ns * 1e-9L, d = world.m.wander;

    return s > 1 && d * s * s / 2 > d * s / 2 + 1e5L * (s - 1);
}

/* T3, and T2 as it is promised where no line is common: within the sum of two bounds. */
static void check_bound(const struct sim_read *r)
{
    long double spare = unseen_ns(r->cpu), ns = (long double)r->ns, bound = (long double)r->bound_ns, missed;

    tally.known++;
    tally.worst_known_ns = larger(tally.worst_known_ns, bound);
    if (too_old(r)) {
        excuse(EXCUSED_TOO_OLD);
        return;
    }
    missed = constant_miss_ns(r, spare);
    if (missed <= T3_TOLERANCE_NS && missed + spare > T3_TOLERANCE_NS)
        excuse(EXCUSED_TOO_SMALL);
    if (spare <= 0 && constant_is_exact(r))
        tally.least_room_ns = smaller(tally.least_room_ns, -missed);
    PROMISE(missed <= T3_TOLERANCE_NS,
            "T3: CPU %u: no one constant: %.3Lf ns are missing, bound %.0Lf, age %llu\n", r->cpu, missed,
            bound, (unsigned long long)r->age_ns);
    if (!promises_one_wrap())
        return;
    bound += spare + T3_TOLERANCE_NS;
    PROMISE(ns + bound >= r->low_ns, "T2: CPU %u: %.3Lf ns below what was certain\n", r->cpu,
            r->low_ns - ns - bound);
    kept.low_ns = larger(kept.low_ns, ns - bound);
}

/* T5: between two reads of one record's kind, with nothing touched meanwhile. */
static void check_slew(const struct sim_read *r)
{
    const struct promise_vcpu *v = &kept.vcpus[r->vcpu];
    long double gone_s = (long double)r->ns - (long double)v->last.ns, gone = r->ref - v->last.ref;

    if (!v->any || v->faults != kept.faults || v->modes != kept.modes || v->last.cpu != r->cpu ||
        v->last.stable != r->stable || v->last.bound_ns == UINT64_MAX ||
        v->last.disruptions != r->disruptions || world.m.slip_ns)
        return;
    PROMISE(fabsl(gone_s - gone) <= gone * SLEW_MOST + STEP_NS + 2e9L / world.m.hz + skew_ns(),
            "T5: CPU %u: S %.3Lf ns, R %.3Lf ns\n", r->cpu, gone_s, gone);
}

/* T6: counted in the record at the first read after it was seen, and the bound reads unknown. */
static void check_counted(const struct sim_read *r)
{
    struct promise_cpu *c = &kept.cpus[r->cpu];

    c->shown = r->disruptions;
    if (r->at_ns < c->told_ns)
        return;
    PROMISE(r->disruptions != c->counted, "T6: CPU %u: not counted in the record: %u\n", r->cpu, c->counted);
    PROMISE(r->bound_ns == UINT64_MAX || c->looked_ns > c->told_ns, "T6: CPU %u: bound %llu known at once\n",
            r->cpu, (unsigned long long)r->bound_ns);
    c->told_ns = NEVER;
}

/* T6: the bound is established again in time. */
static void check_settled(const struct sim_read *r)
{
    long double periods;

    /* The others wait for a CPU until it is known to have stopped. */
    for (unsigned i = 0; i < world.m.cpus; i++)
        if (asleep(i) && world.now_ns < kept.cpus[i].stopped_ns + (STOPPED_PERIODS + 2) * PERIOD)
            upset_until(world.now_ns);
    periods = (r->at_ns - kept.upset_ns) / PERIOD;
    if (kept.doubts > 0)
        return;
    tally.worst_settling = larger(tally.worst_settling, periods);
    PROMISE(periods <= SETTLE_PERIODS, "T6: CPU %u: bound unknown for %.1Lf periods\n", r->cpu, periods);
}

/* A period is S, and S goes with the reference: it lasts longer while that one counts slowly. */
static bool looks(const struct sim_read *r)
{
    const struct promise_cpu *c = &kept.cpus[r->cpu];
    long double rate = 1 + world.ref.rate, most_ns = rate > 0 && rate < 1 ? LOOK_NS / rate : LOOK_NS;

    return r->at_ns - larger(larger(c->looked_ns, c->excused_ns), c->late_ns) <= most_ns;
}

/*
 * A due interrupt that was not taken yet is a late one, and a reference that is dead is not looked at. A
 * deadline on a TSC that was set back is far away: the other CPUs see that this one does not come, and wake
 * it; where there is none that runs, nothing can.
 */
static void excuse_deadline(unsigned cpu)
{
    unsigned running = 0;

    if (world.cpus[cpu].alarm_ns <= world.now_ns || world.now_ns < world.ref.dead_until)
        promises_excuse(cpu, world.now_ns);
    if (!world.m.deadline || !kept.cpus[cpu].tsc_doubt)
        return;
    for (unsigned i = 0; i < world.m.cpus; i++)
        running += i != cpu && !asleep(i) && takes_part(i) && !kept.cpus[i].tsc_doubt &&
                   kept.cpus[i].late_ns <= world.now_ns;
    promises_excuse(cpu, running ? kept.upset_ns : world.now_ns);
}

void promises_read(const struct sim_read *r)
{
    struct promise_cpu *c = &kept.cpus[r->cpu];
    bool doubtful = promises_doubtful(r->cpu);

    tally.reads++;
    excuse_deadline(r->cpu);
    PROMISE(world.m.row || looks(r), "T6: CPU %u does not look at the reference: %.0Lf ms\n", r->cpu,
            (r->at_ns - c->looked_ns) * 1e-6L);
    check_own_order(r);
    if (world.m.row) {
        check_common_order(r);
        negative_read(r);
        return;
    }
    check_counted(r);
    if (doubtful) {
        excuse(EXCUSED_UNSEEN_YET);
    } else {
        check_common_order(r);
        check_slew(r);
        if (r->bound_ns != UINT64_MAX)
            check_bound(r);
        else
            check_settled(r);
    }
    kept.vcpus[r->vcpu].last = *r;
    kept.vcpus[r->vcpu].faults = kept.faults;
    kept.vcpus[r->vcpu].modes = kept.modes;
    kept.vcpus[r->vcpu].any = !doubtful;
}
