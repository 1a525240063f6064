/* Run time: pairs of CPUs go on meeting, one pair a CPU and period, to see whether their TSCs are in step. */
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/meeting.h"
#include "keeper/state.h"

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

    if (!pairs_note(&keeper.pairs, cpu_id(), other, offset) && keeper.mode == CLOCK_UNIFIED)
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

    if (other == keeper.cpus || clock->meeting_period == period)
        return;
    clock->meeting_period = period;
    if (cpu_id() > other) {
        meeting_follow_soon(other, FIRST_NUMBER + period);
        return;
    }
    since = rdtsc_ordered();
    meeting_lead_soon(other, FIRST_NUMBER + period, &offset);
    note(other, offset, since);
}
