/*
 * Which mode holds, unified or per-CPU, while the machine runs. docs/clock.md says why neither change breaks
 * a promise.
 */
#include "keeper/watch.h"

#include "cpu/instructions.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/publisher.h"
#include "time/fixed.h"

const char *mode_name(void)
{
    return clock_mode_now() == CLOCK_UNIFIED ? "unified" : "percpu";
}

unsigned mode_cpus_that_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < keeper.cpus; i++)
        count += clock_counts(clock_of(i));
    return count;
}

/* outlooks that only just agree now might not agree at the joint, microseconds later */
#define AGREE_NS 4
/*
 * Each time unified mode is left, twice as many sweeps must pass before it is tried again, up to 2^8: TSCs
 * may be in step at one moment and not at the next.
 */
#define LEAVES_MOST 8u

void mode_leave_unified(const char *why)
{
    keeper.watch.left_sweep = keeper.watch.sweeps;
    keeper.watch.leaves += keeper.watch.leaves < LEAVES_MOST;
    publish_leave_unified();
    pairs_forget(&keeper.watch.pairs);
    announce_clock(why, 0);
}

static bool all_pairs_in_step(void)
{
    for (unsigned a = 0; a < keeper.cpus; a++) {
        for (unsigned b = a + 1; clock_of(a)->measured && b < keeper.cpus; b++) {
            if (clock_of(b)->measured && !pairs_in_step(&keeper.watch.pairs, a, b))
                return false;
        }
    }
    return true;
}

/*
 * By how much two TSCs may be apart, for all that the pairs' meetings have shown. All have met in step.
 */
static int64_t resolution(void)
{
    int64_t most = 0;

    for (unsigned a = 0; a < keeper.cpus; a++) {
        for (unsigned b = a + 1; clock_of(a)->measured && b < keeper.cpus; b++) {
            if (clock_of(b)->measured)
                most = max_i64(most, pairs_extent(&keeper.watch.pairs, a, b));
        }
    }
    return most;
}

static bool settled(const struct cpu_clock *clock, const struct timeline *first)
{
    const struct timeline *t = &clock->own.timeline;

    return clock_counts(clock) && clock->known.epoch == keeper.epoch && t->anchored &&
           t->bound.ns != UINT64_MAX && t->anchor_ns == first->anchor_ns &&
           t->nominal.mul == first->nominal.mul && t->nominal.shift == first->nominal.shift;
}

/*
 * Returns true if every bound is known, and one anchor ties all lines to R: no disruption is still being got
 * over. CPUs that are not seen count too: one may only have lost its alarm, with its guest still reading, and
 * must show where its TSC is before it gets a common line.
 */
static bool all_settled(void)
{
    const struct timeline *first = &clock_of(0)->own.timeline; /* the boot CPU is always measured */

    for (unsigned i = 0; i < keeper.cpus; i++) {
        if (clock_of(i)->measured && !settled(clock_of(i), first))
            return false;
    }
    return true;
}

/*
 * How far the CPUs' own lines are apart. When the highest is taken, S goes forward by no more than this on
 * any CPU.
 */
static uint64_t apart_ns(uint64_t tsc)
{
    uint64_t lowest = UINT64_MAX, highest = 0;

    for (unsigned i = 0; i < keeper.cpus; i++) {
        uint64_t ns = line_read(&clock_of(i)->own.timeline.line, tsc);

        if (!clock_of(i)->measured)
            continue;
        lowest = ns < lowest ? ns : lowest;
        highest = ns > highest ? ns : highest;
    }
    return highest - lowest;
}

void mode_try_unified(void)
{
    uint64_t tsc = rdtsc_ordered(), step_ns;
    struct consensus all;

    if (keeper.wanted == CLOCKMODE_PERCPU ||
        keeper.watch.sweeps - keeper.watch.left_sweep < 1u << keeper.watch.leaves || !all_settled() ||
        !all_pairs_in_step())
        return;
    if (resolution() > keeper.resolution_most)
        return;
    all = publish_gather(tsc);
    if (!all.agree || all.value.hi - all.value.lo < AGREE_NS)
        return;
    /* TSCs that were not in step at start-up: what was measured then does not hold. */
    keeper.skew_ns = max_i64(keeper.skew_ns, all.value_hull.hi - all.value_hull.lo);
    keeper.resolution = resolution();
    step_ns = apart_ns(tsc);
    keeper.watch.last_tsc = tsc;
    publish_enter_unified();
    announce_clock("the TSCs are in step", step_ns);
}
