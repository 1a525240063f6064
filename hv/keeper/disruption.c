/*
 * A disruption: on some CPU, TSC and reference disagree. Here stands what is known of the cause, and where S
 * goes on.
 */
#include "keeper/disruption.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/alarm.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/disputes.h"
#include "keeper/latch.h"
#include "keeper/publisher.h"
#include "keeper/start.h"
#include "keeper/time_base.h"
#include "keeper/watch.h"

/*
 * IA32_TSC_ADJUST (SDM vol. 3, 17.17.3) holds by how much software has moved this TSC. Meridian writes it
 * only if asked to (repair.c).
 */
#define MSR_TSC_ADJUST   0x3bu
#define CPUID_TSC_ADJUST (1u << 1) /* leaf 7, EBX */

bool adjust_now(uint64_t *adjust)
{
    if (cpuid(0, 0).eax < 7 || !(cpuid(7, 0).ebx & CPUID_TSC_ADJUST))
        return false;
    *adjust = rdmsr(MSR_TSC_ADJUST);
    return true;
}

bool adjust_read(struct cpu_clock *clock)
{
    uint64_t before = clock->look.adjust;

    return adjust_now(&clock->look.adjust) && clock->look.adjust != before;
}

/*
 * Returns what is known of the cause, or NULL if it is only known that TSC and reference disagree. A TSC
 * below what this CPU itself has read was set back for certain.
 */
static const char *reason(const struct cpu_clock *clock, uint64_t tsc, bool adjusted)
{
    if (adjusted)
        return "tsc-adjust-written";
    if (tsc < clock->look.tsc)
        return "tsc-set-back";
    return clock->alarm.suspect ? "tsc-set-back-or-slow" : NULL;
}

/* With the lock. */
static struct culprits culprits_until_now(void)
{
    struct culprits all = keeper.broken.before;

    if (keeper.broken.left + keeper.broken.stayed)
        culprits_add(&all, culprit_of(keeper.broken.left, keeper.broken.stayed, keeper.broken.blame));
    return all;
}

struct culprits keeper_culprits(unsigned *last_cpu)
{
    bool were_on = lock_take(&keeper.lock);
    struct culprits all = culprits_until_now();

    *last_cpu = keeper.broken.cpu;
    lock_release(&keeper.lock, were_on);
    return all;
}

/*
 * The first CPU that sees a disruption begins a new epoch, and announces it. Unified mode ends: all TSCs must
 * show anew that they are in step.
 */
static void first_to_see(struct cpu_clock *clock, const char *why, const struct bracket *bracket)
{
    struct range range = outlook_at(&clock->known.outlook, bracket->tsc_hi);
    int64_t off_ns = bracket->ref_lo_ns - range_middle(range);

    keeper.broken.before = culprits_until_now();
    keeper.broken.left = keeper.broken.stayed = 0;
    keeper.broken.blame = clock->look.blame;
    keeper.epoch++;
    keeper.broken.at_ns = keeper_now_ns();
    keeper.broken.cpu = cpu_id();
    announce_disruption(cpu_id(), off_ns, why);
    if (keeper.mode == CLOCK_UNIFIED)
        mode_leave_unified("TSC and reference disagree");
    pairs_forget(&keeper.watch.pairs);
    publish_forget_anchors();
    keeper.crystal.slip_ns = slip_shown_ns(off_ns);
    clock->look.estimate.crystal = keeper.crystal;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/*
 * Returns the most that S may have been before the TSC was set back, by how far R has gone since then.
 * - A narrow counter does not tell how far: the machine may have stood still for several of its wraps. Then
 *   it is the most that is ever believed.
 * - A counter that wraps within a period does not even tell ahead from behind.
 * - If it is not certain that the TSC was set back, the reference may lie.
 */
static uint64_t may_have_read(const struct cpu_clock *clock, bool certain, const struct bracket *bracket)
{
    int64_t wrap_ns = counter_wrap_ns(&keeper.tie.counter);
    bool wide = wrap_ns == INT64_MAX, blind = wrap_ns < (int64_t)PERIOD_NS;
    /* unsigned first: a reference that lies may be any distance off */
    int64_t gone_ns = (int64_t)((uint64_t)bracket->ref_hi_ns - (uint64_t)clock->look.ns);

    if ((certain || clock->alarm.suspect || blind) && !(wide && gone_ns > 0))
        gone_ns = INT64_MAX;
    return timeline_at_most(&clock->own.timeline, clock->look.tsc, gone_ns,
                            clock->alarm.now_floor_ns + (certain ? FORWARD_NS : clock->look.forward_ns));
}

/* By a rate that was measured anew a TSC goes with the reference again: it had left it. */
static bool rate_as_at_start(const struct cpu_clock *clock)
{
    struct tsc_scale now = clock->look.estimate.nominal, start = clock->look.change.start;

    return now.mul == start.mul && now.shift == start.shift;
}

/*
 * S goes on from where it is. If R is ahead, it goes on from where S may have been before the TSC was set
 * back (T1): a reference that leapt looks the same. The bound reads unknown from now on.
 */
void disrupted(struct cpu_clock *clock, bool agrees, bool left, const struct bracket *bracket)
{
    uint64_t tsc = rdtsc_ordered(), before = clock->look.adjust, floor_ns, seen;
    bool adjusted = adjust_read(clock), certain = adjusted || tsc < clock->look.tsc;

    if (clock->known.epoch == keeper.epoch)
        first_to_see(clock, reason(clock, tsc, adjusted), bracket);
    clock->known.epoch = keeper.epoch;
    keeper.broken.left += left;
    keeper.broken.stayed += !left && rate_as_at_start(clock);
    if (adjusted)
        announce_adjust(cpu_id(), before);
    if (certain)
        alarm_leave_deadline();
    seen = floor_ns = clock->alarm.now_floor_ns; /* not earlier: all above asks for the time */
    if (!agrees)
        seen = max_u64(seen, may_have_read(clock, certain, bracket));
    if (!certain)
        clock->look.forward_ns -= seen - floor_ns;
    /*
     * If the TSC leapt far ahead, two lines were read there since the last look, and the slower one is far
     * below.
     */
    seen = max_u64(seen, line_read(&clock->look.line, tsc));
    timeline_disrupt(&clock->own.timeline, tsc, seen);
    clock->own.history.count = 0; /* what was told until now has been taken back as a whole */
}

/* CPUs that all go by a new rate must agree on it to the bit, or they could never have a common line. */
static struct tsc_scale one_scale(struct tsc_scale scale)
{
    uint64_t hz = scale_to_hz(scale), common = scale_to_hz(keeper.nominal);
    uint64_t apart = hz > common ? hz - common : common - hz;

    return apart < common / 10000 ? keeper.nominal : scale;
}

void rate_changed(struct cpu_clock *clock, struct tsc_scale scale, const struct bracket *bracket)
{
    struct tsc_scale before = clock->look.estimate.nominal;

    scale = one_scale(scale);
    announce_rate(cpu_id(), scale_to_hz(before), scale_to_hz(scale));
    if (before.mul == keeper.nominal.mul && before.shift == keeper.nominal.shift)
        keeper.nominal = scale; /* what is read of it without the lock is only how long to wait */
    clock->look.estimate.nominal = scale;
    estimate_restart(&clock->look.estimate, bracket, &clock->known.outlook);
    timeline_rescale(&clock->own.timeline, rdtsc_ordered(), scale);
}
