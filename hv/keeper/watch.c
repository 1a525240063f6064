/*
 * The watch while the machine runs: CPUs meet in pairs, one partner a CPU and period, to see whether their
 * TSCs are in step; CPUs that are not seen any more are counted as missed; what all know must agree.
 */
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

/* Which CPUs count is read without the lock: a stale answer costs one meeting. */
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
 * Alarms are set for the same system time on all CPUs, so both partners come now. Neither waits longer than
 * 20 us for the other. The one with the smaller id leads, and learns the outcome.
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

/* A TSC that is below what another CPU has already read is not in step (T2). */
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

/* Counts one more sweep without that CPU. */
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

bool watch_returned(struct cpu_clock *own)
{
    bool returned = !clock_counts(own);

    own->watched.silent = 0;
    if (returned)
        announce_returned(cpu_id());
    return returned;
}

/*
 * A sweep ends when some CPU reaches its time base twice in it. Every CPU that has not come since it began is
 * counted as having missed it. So CPUs are judged by how often the others came, not by what S says on each:
 * if the whole machine stood still, however long, that counts once.
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
 * A disruption has ended when every CPU's bound is known again (T6). The CPU that saw the disruption tells
 * it, or any other if that one has stopped.
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
