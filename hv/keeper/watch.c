/* Run time: pairs of CPUs go on meeting, one pair a CPU and period, to see whether their TSCs are in step. */
#include "keeper/watch.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/latch.h"
#include "keeper/meeting.h"
#include "keeper/publisher.h"
#include "keeper/snapshot.h"

#define FIRST_NUMBER (1ull << 32) /* above those of the meetings at start-up */

/* Who counts is read without the lock: a stale answer costs one meeting. */
static unsigned partner_for(uint64_t period)
{
    unsigned rounds = align_rounds(keeper.cpus), partner = keeper.cpus;

    if (rounds)
        partner = align_partner(keeper.cpus, (unsigned)(period % rounds), cpu_id());
    return partner < keeper.cpus && clock_counts(clock_of(partner)) ? partner : keeper.cpus;
}

static void note(unsigned other, struct offset offset, uint64_t since)
{
    bool were_on = lock_take(&keeper.lock);

    if (!pairs_note(&keeper.watch.pairs, cpu_id(), other, offset) && keeper.mode == CLOCK_UNIFIED)
        mode_leave_unified("two TSCs are not in step any more");
    snapshot_met(cpu_id(), other, offset, since);
    lock_release(&keeper.lock, were_on);
}

/*
 * Alarms are set for the same system time on all CPUs, so both come now; one that does not within 20 us is
 * not waited for. The one with the smaller id leads, and knows the outcome.
 */
void watch_meet(struct cpu_clock *clock, uint64_t period)
{
    unsigned other = partner_for(period);
    struct offset offset = OFFSET_UNKNOWN;
    uint64_t since;

    if (other == keeper.cpus || clock->watched.meeting_period == period)
        return;
    clock->watched.meeting_period = period;
    if (cpu_id() > other) {
        meeting_follow_soon(other, FIRST_NUMBER + period);
        return;
    }
    since = rdtsc_ordered();
    meeting_lead_soon(other, FIRST_NUMBER + period, &offset);
    note(other, offset, since);
}

/* A CPU that is behind a TSC value which another had already read has a TSC that is not in step (T2). */
bool watch_causality(void)
{
    uint64_t seen = keeper.watch.last_tsc, own = rdtsc_ordered();

    if (own < seen) {
        mode_leave_unified("a TSC is behind another");
        return false;
    }
    keeper.watch.last_tsc = own;
    return true;
}

/* One more period without a sign of that CPU. */
static void miss(unsigned cpu)
{
    struct cpu_clock *clock = clock_of(cpu);

    clock->watched.silent++;
    if (clock->watched.silent == NUDGE_PERIODS) {
        __atomic_store_n(&clock->alarm.nudged, true, __ATOMIC_RELAXED);
        smp_wake(cpu);
    }
    if (clock->watched.silent == STOPPED_PERIODS)
        announce_stopped(cpu);
}

/* True: this CPU had been taken for stopped. */
bool watch_returned(struct cpu_clock *own)
{
    bool returned = !clock_counts(own);

    own->watched.silent = 0;
    if (returned)
        announce_returned(cpu_id());
    return returned;
}

/*
 * The CPU that comes first for the second time ends a round, and counts it for those who did not come in
 * it: by how often CPUs come, not by what S says on each. A machine that stood still as a whole counts one,
 * however long. True: a round is over.
 */
bool watch_others(struct cpu_clock *own)
{
    bool over = own->watched.sweep == keeper.watch.sweeps;

    for (unsigned i = 0; over && i < keeper.cpus; i++) {
        if (clock_of(i)->watched.sweep != keeper.watch.sweeps && clock_counts(clock_of(i)))
            miss(i);
    }
    keeper.watch.sweeps += over;
    own->watched.sweep = keeper.watch.sweeps;
    return over;
}

void watch_agreement(void)
{
    struct consensus all = publish_gather(rdtsc_ordered());

    if (all.count == mode_cpus_that_count() && !all.agree)
        mode_leave_unified("TSCs disagree about the reference");
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
void watch_established(void)
{
    uint64_t now;

    if (!keeper.broken.at_ns || !bound_known() ||
        (keeper.broken.cpu != cpu_id() && clock_counts(clock_of(keeper.broken.cpu))))
        return;
    now = keeper_now_ns();
    announce_established(now > keeper.broken.at_ns ? now - keeper.broken.at_ns : 0);
    keeper.broken.at_ns = 0;
}
