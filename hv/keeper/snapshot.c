/*
 * What is shown of each CPU. The CPU makes it itself at each look, from what it knows then. How its TSC
 * stands to the boot CPU's follows from the reference, as both see it, and from their meetings, which are far
 * narrower. What was known before is carried on at the rate between the two TSCs, and each new fact narrows
 * it.
 */
#include "keeper/snapshot.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/latch.h"
#include "keeper/publisher.h"
#include "keeper/time_base.h"
#include "time/fixed.h"

#define FAR_TICKS       (1ull << 54) /* no two TSCs of one machine are so far apart: 2 months at 3 GHz */
#define CARRY_MOST_NS   (10 * NS_PER_S)
#define CARRY_MOST_PPB  100000000
#define RATE_MOST_HZ    9000000000ll /* times 10^9 it stays within 64 bits */
#define STEPS           6            /* each leaves at most 500 ppm of what was missing */
#define STEP_REMAINS_NS 100000

static const struct range NOTHING = {INT64_MIN / 4, INT64_MAX / 4};

static struct range both(struct range a, struct range b)
{
    return (struct range){max_i64(a.lo, b.lo), min_i64(a.hi, b.hi)};
}

/* What two facts say together; if they cannot both be true, the newer one. */
static struct range narrow(struct range old, struct range newer)
{
    struct range joined = both(old, newer);

    return joined.lo <= joined.hi ? joined : newer;
}

/* A range that is empty says nothing: a host stalled between two pings, and the TSCs drifted meanwhile. */
static bool is_known(struct range range)
{
    return range.lo > NOTHING.lo && range.hi < NOTHING.hi && range.lo <= range.hi;
}

/* In the boot CPU's nominal ns. `ticks` is a difference of either sign, below FAR_TICKS. */
static int64_t ticks_ns(int64_t ticks)
{
    int64_t ns = (int64_t)scale_reader_ns(keeper.nominal, (uint64_t)abs_i64(ticks));

    return ticks < 0 ? -ns : ns;
}

static bool is_near(int64_t ticks)
{
    return ticks > -(int64_t)FAR_TICKS && ticks < (int64_t)FAR_TICKS;
}

/* Each TSC had moved on by up to a tick when it was read. */
static struct range offset_ns(struct offset offset)
{
    if (!is_near(offset.lo) || !is_near(offset.hi))
        return NOTHING;
    return (struct range){ticks_ns(offset.lo - 1) - 1, ticks_ns(offset.hi + 1) + 1};
}

static uint64_t hz_of(const struct outlook *outlook, uint64_t tsc, uint64_t *ppb)
{
    struct range rate = outlook_rate_at(outlook, tsc);

    *ppb = (uint64_t)ppb_from_q32_away(rate.hi - range_middle(rate) + 1);
    return scale_to_hz(scale_deviate(outlook->nominal, range_middle(rate)));
}

/*
 * Each frequency is known to within its ppb, and to the Hz. What TSCs slip in a period looks like a rate too.
 */
static void rate_beside(struct keeper_cpu *out, uint64_t boot_hz, uint64_t boot_ppb)
{
    int64_t hz = (int64_t)boot_hz, more = (int64_t)out->hz - hz, room = (int64_t)(boot_ppb + out->hz_ppb);

    if (abs_i64(more) > RATE_MOST_HZ)
        return;
    out->rate_ppb = more * NS_PER_S / hz;
    out->rate_bound_ppb =
        (uint64_t)(room + abs_i64(out->rate_ppb) / 1000 * room / 1000000 + 2 * NS_PER_S / hz + 3) +
        2 * keeper.crystal.slip_ns * (NS_PER_S / PERIOD_NS);
}

/*
 * Finds the boot CPU's TSC at about the moment when R is `ref_ns`, and what R may be then. It goes by steps,
 * for the nominal rate is up to 500 ppm off. Returns false if the boot CPU has not looked for too long.
 */
static bool boot_tsc_at(int64_t ref_ns, uint64_t *tsc, struct range *ref)
{
    const struct outlook *boot = &clock_of(0)->known.outlook;
    int64_t missing = 0;

    *tsc = boot->tsc;
    for (unsigned step = 0; step < STEPS; step++) {
        *ref = outlook_at(boot, *tsc);
        missing = ref_ns - range_middle(*ref);
        uint64_t ticks = scale_ticks(boot->nominal, (uint64_t)min_i64(abs_i64(missing), NS_PER_S));
        if (step + 1 < STEPS)
            *tsc += missing < 0 ? -ticks : ticks;
    }
    return abs_i64(missing) < STEP_REMAINS_NS;
}

/* By the reference alone. If TSCs slip on this machine, what either CPU knew of R may be off by that much. */
static struct range by_reference(const struct cpu_clock *clock, uint64_t tsc, uint64_t *boot_tsc)
{
    struct range ref = outlook_at(&clock->known.outlook, tsc), boot;
    int64_t slip = 2 * (int64_t)keeper.crystal.slip_ns + 1, apart;

    if (!boot_tsc_at(range_middle(ref), boot_tsc, &boot) || !is_near((int64_t)(tsc - *boot_tsc)))
        return NOTHING;
    apart = ticks_ns((int64_t)(tsc - *boot_tsc));
    return (struct range){apart + boot.lo - ref.hi - slip, apart + boot.hi - ref.lo + slip};
}

/*
 * Carries what was known when this TSC was `from` on to `to`: the offset grows at the rate between the two
 * TSCs, which may have wandered on both CPUs. Where TSCs slip, nothing is known of that rate. They are an
 * emulator's then, which makes all of them from one clock: the offset stays, until a meeting shows another
 * one.
 */
static struct range carry(struct range known, uint64_t from, uint64_t to, const struct keeper_cpu *now)
{
    int64_t gone = (int64_t)(to - from), wander, rate = now->rate_ppb, bound = (int64_t)now->rate_bound_ppb;

    if (keeper.crystal.slip_ns)
        return known;
    if (!is_near(gone) || !is_known(known) || now->rate_bound_ppb > CARRY_MOST_PPB ||
        abs_i64(rate) > CARRY_MOST_PPB)
        return NOTHING;
    gone = ticks_ns(gone);
    if (abs_i64(gone) > CARRY_MOST_NS)
        return NOTHING;
    gone -= gone * rate / NS_PER_S; /* now by the boot CPU's TSC */
    wander = 2 * wander_ns(2 * keeper.crystal.wander_ppb_s, gone) + abs_i64(gone) * bound / NS_PER_S + 3;
    known.lo += gone * rate / NS_PER_S - wander;
    known.hi += gone * rate / NS_PER_S + wander;
    return known;
}

/* The same for what was true at some moment between `from` and `until`. */
static struct range carry_from(struct range known, uint64_t from, uint64_t until, uint64_t to,
                               const struct keeper_cpu *now)
{
    struct range early = carry(known, from, to, now), late = carry(known, until, to, now);

    return (struct range){min_i64(early.lo, late.lo), max_i64(early.hi, late.hi)};
}

/* At first all that is known is what start-up's meetings showed, in one of their pings. */
static void begin_offset(struct cpu_clock *clock)
{
    struct shown *shown = &clock->shown;

    shown->beside = NOTHING;
    shown->heard = offset_ns(clock->start.offset);
    shown->heard_from = clock->start.late.tsc_hi - clock->start.star_ticks;
    shown->heard_to = clock->start.late.tsc_hi + clock->start.star_ticks;
}

/* Ticks are told in nominal ns: of an offset of seconds that is off by as much as the nominal rate is. */
static int64_t nominal_ns(int64_t offset_ns, uint64_t boot_tsc)
{
    struct range rate = outlook_rate_at(&clock_of(0)->known.outlook, boot_tsc);

    return q32_mul_ceil(abs_i64(offset_ns), max_i64(abs_i64(rate.lo), abs_i64(rate.hi)));
}

static void offset_beside(struct cpu_clock *clock, uint64_t tsc, struct keeper_cpu *out)
{
    struct shown *shown = &clock->shown;
    uint64_t boot_tsc, boot_hz, boot_ppb;
    struct range now = by_reference(clock, tsc, &boot_tsc);

    if (!is_known(now))
        return;
    boot_hz = hz_of(&clock_of(0)->known.outlook, boot_tsc, &boot_ppb);
    rate_beside(out, boot_hz, boot_ppb);
    if (!shown->copy[0].at_ns)
        begin_offset(clock);
    if (shown->epoch == keeper.epoch)
        now = narrow(carry(shown->beside, shown->beside_tsc, tsc, out), now);
    if (shown->heard_to && shown->heard_epoch == keeper.epoch)
        now = narrow(now, carry_from(shown->heard, shown->heard_from, shown->heard_to, tsc, out));
    shown->heard_to = 0;
    shown->beside = now;
    shown->beside_tsc = tsc;
    shown->epoch = keeper.epoch;
    if (!is_known(now))
        return;
    out->offset_ns = range_middle(now);
    out->offset_bound_ns = (uint64_t)((now.hi - now.lo) / 2 + nominal_ns(out->offset_ns, boot_tsc) + 1);
}

/*
 * Nothing from before a disruption counts, on this CPU or on the boot CPU. Nor does anything after it while
 * either bound is unknown: that CPU may have read a reference that lies.
 */
static bool sure(unsigned cpu)
{
    return clock_of(cpu)->known.epoch == keeper.epoch && published_for(cpu)->bound.ns != UINT64_MAX;
}

static void show_offset(struct cpu_clock *clock, struct keeper_cpu *out)
{
    const struct cpu_clock *boot = clock_of(0);
    uint64_t tsc = rdtsc_ordered();

    if (clock->known.epoch != keeper.epoch)
        return;
    out->hz = hz_of(&clock->known.outlook, tsc, &out->hz_ppb);
    if (clock == boot)
        out->rate_bound_ppb = out->offset_bound_ns = 0;
    else if (clock_counts(boot) && sure(0) && sure(cpu_id()))
        offset_beside(clock, tsc, out);
}

void snapshot_take(struct cpu_clock *clock)
{
    const struct published *told = published_for(cpu_id());
    const struct keeper_cpu *before = &clock->shown.copy[0];
    uint64_t adjust = clock->look.adjust;
    struct keeper_cpu now = {
        .hz = before->hz,
        .hz_ppb = UINT64_MAX,
        .rate_bound_ppb = UINT64_MAX,
        .offset_bound_ns = UINT64_MAX,
        .err_ns = told->bound.ns,
        .meetings = clock->shown.meetings,
        .behind = clock->shown.behind,
        .disruptions = told->disruptions,
    };

    adjust_now(&adjust);
    now.adjust = (int64_t)adjust;
    now.adjust_changed = before->adjust_changed ||
                         now.adjust != (before->at_ns ? before->adjust : (int64_t)clock->look.adjust);
    show_offset(clock, &now);
    now.at_ns = keeper_now_ns();
    latch_write(&clock->shown.sequence, clock->shown.copy, &now, sizeof now);
}

void snapshot_met(unsigned a, unsigned b, struct offset offset, uint64_t since)
{
    struct shown *shown = &clock_of(b)->shown;

    if (offset_judge(offset) == ALIGNMENT_UNKNOWN)
        return;
    clock_of(a)->shown.meetings++;
    clock_of(a)->shown.behind += offset.lo > 0;
    shown->meetings++;
    shown->behind += offset.hi < 0;
    if (a != 0 || !is_known(offset_ns(offset)))
        return;
    shown->heard = offset_ns(offset);
    shown->heard_from = since + (uint64_t)offset.lo;
    shown->heard_to = rdtsc_ordered() + (uint64_t)offset.hi;
    shown->heard_epoch = keeper.epoch;
}
