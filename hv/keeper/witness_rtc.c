#include "keeper/witness_rtc.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/witness.h"
#include "platform/rtc.h"
#include "time/fixed.h"

#define HELD_NS     1500000000u /* a CPU that has not come to an end by then is gone */
#define FAILED_MOST 3u          /* looks, before it is called unreadable */
#define RETRY_NS    (8 * NS_PER_S)
#define SOUND_AGAIN 4u /* edges, and what it says counts again */

static struct witness_rtc *rtc(void)
{
    return &keeper.witnesses.rtc;
}

static void any_cpu_from(uint64_t s_ns)
{
    __atomic_store_n(&rtc()->next_ns, s_ns, __ATOMIC_RELAXED);
}

/* With the lock. A disruption may have changed what R is. */
static bool knows_r(const struct cpu_clock *clock)
{
    return clock->known.epoch == keeper.epoch && clock->look.tie == keeper.tie.changes;
}

static struct range r_between(const struct cpu_clock *clock, uint64_t tsc_lo, uint64_t tsc_hi)
{
    return witness_expects(clock, &(struct reference_reading){.tsc_lo = tsc_lo, .tsc_hi = tsc_hi});
}

void witness_rtc_begin(int second, uint64_t tsc_lo, uint64_t tsc_hi)
{
    seconds_start(&rtc()->seconds);
    seconds_begin(&rtc()->seconds, second, r_between(clock_of(0), tsc_lo, tsc_hi));
    rtc()->bound_ppb = INT64_MAX;
    rtc()->there = true;
}

static void rtc_is(enum witness_state state)
{
    struct range ppb;
    bool known = seconds_rate(&rtc()->seconds, &ppb), better;

    better = known && state == rtc()->state && state != WITNESS_LEARNED &&
             (ppb.hi - ppb.lo) / 2 < rtc()->bound_ppb / 10;
    if (state == rtc()->state && !better)
        return;
    rtc()->state = state;
    witness_tell_soon(&rtc()->untold);
}

enum crystals witness_rtc_blame(struct range *ppb)
{
    struct range others[SOURCES];
    unsigned count = 0;

    *ppb = NOWHERE;
    if (!rtc()->there || rtc()->state == WITNESS_APART || rtc()->state == WITNESS_UNREAD ||
        !seconds_rate(&rtc()->seconds, ppb))
        return CRYSTALS_UNKNOWN;
    for (unsigned i = 0; i < keeper.witnesses.count; i++) {
        const struct witness *witness = &keeper.witnesses.of[i];

        if (witness->timer != keeper.tie.reference && witness->state != WITNESS_APART &&
            witness->ratio.estimate.count >= BLAME_READINGS)
            others[count++] = ratio_ppb(&witness->ratio);
    }
    return blame_crystal(*ppb, others, count);
}

static enum witness_state judged(void)
{
    static const enum witness_state states[] = {[CRYSTALS_UNKNOWN] = WITNESS_LEARNED,
                                                [CRYSTALS_AGREE] = WITNESS_AGREES,
                                                [CRYSTALS_RTC] = WITNESS_DIFFERS,
                                                [CRYSTALS_REFERENCE] = WITNESS_DIFFERS,
                                                [CRYSTALS_EITHER] = WITNESS_DIFFERS};
    struct range ppb;

    return states[witness_rtc_blame(&ppb)];
}

static void found(void)
{
    enum witness_state state;

    if (rtc()->state == WITNESS_APART && ++rtc()->sound < SOUND_AGAIN)
        return;
    if (rtc()->state == WITNESS_APART || rtc()->state == WITNESS_UNREAD)
        rtc()->state = WITNESS_LEARNED;
    state = judged();
    /* A look that came late may tell less than those before it. What was found out stays so. */
    rtc_is(state == WITNESS_LEARNED ? rtc()->state : state);
}

static void left(uint64_t now_ns)
{
    rtc()->sound = 0;
    rtc_is(WITNESS_APART);
    any_cpu_from(now_ns + RETRY_NS); /* one that stands still is not to be looked at all the time */
}

/* With the lock: returns when this CPU is to look at the RTC again; 0: the hunt is over. */
static uint64_t take_sight(const struct cpu_clock *clock, const struct rtc_glance *glance, uint64_t now_ns)
{
    struct second_sight sight = {r_between(clock, glance->tsc_lo, glance->tsc_hi), glance->ended,
                                 glance->second};
    enum hunted hunted = seconds_saw(&rtc()->seconds, &sight);

    rtc()->failed = 0;
    if (hunted == HUNT_ON)
        return now_ns + (uint64_t)max_i64(0, rtc()->seconds.hunt.next_ns - range_middle(sight.ref_ns));
    any_cpu_from(0); /* the next look plans the next hunt */
    if (hunted == HUNT_FOUND)
        found();
    if (hunted == HUNT_LEFT)
        left(now_ns);
    return 0;
}

static uint64_t no_sight(uint64_t now_ns)
{
    if (++rtc()->failed >= FAILED_MOST) {
        seconds_start(&rtc()->seconds);
        rtc_is(WITNESS_UNREAD);
    }
    any_cpu_from(now_ns + (rtc()->failed >= FAILED_MOST ? RETRY_NS : 0));
    return 0;
}

/* The timer of the CPU that hunts. */
static void look_at_rtc(struct timer *timer, uint64_t now_ns)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t us_ticks = scale_ticks(keeper.nominal, 1000), begun = rdtsc_ordered(), again = 0, done;
    struct rtc_glance glance;
    bool any = rtc_glance(us_ticks, &glance), were_on = lock_take(&keeper.lock);

    if (rtc()->cpu == cpu_id() && knows_r(clock) && rtc()->epoch == keeper.epoch)
        again = any ? take_sight(clock, &glance, now_ns) : no_sight(now_ns);
    if (again)
        any_cpu_from(again + HELD_NS);
    lock_release(&keeper.lock, were_on);
    done = rdtsc_ordered();
    if (done >= begun)
        witness_cost(clock, done - begun);
    if (again)
        keeper_timer_arm(timer, again);
}

/*
 * With the lock. Returns when this CPU is to look at the RTC first; 0: the next hunt is not its, or not yet.
 */
static uint64_t begin_hunt(const struct cpu_clock *clock, uint64_t now_ns)
{
    int64_t r_ns, in_ns;
    uint64_t tsc = rdtsc_ordered();

    if (now_ns < rtc()->next_ns || !knows_r(clock))
        return 0;
    if (rtc()->epoch != keeper.epoch) {
        seconds_start(&rtc()->seconds);
        rtc()->epoch = keeper.epoch;
    }
    r_ns = range_middle(r_between(clock, tsc, tsc));
    seconds_plan(&rtc()->seconds, r_ns);
    in_ns = max_i64(0, rtc()->seconds.hunt.next_ns - r_ns);
    if (in_ns > (int64_t)PERIOD_NS) { /* S and R part by then: the look before it aims */
        any_cpu_from(now_ns + (uint64_t)in_ns - PERIOD_NS);
        return 0;
    }
    rtc()->cpu = cpu_id();
    any_cpu_from(now_ns + (uint64_t)in_ns + HELD_NS);
    return now_ns + (uint64_t)in_ns;
}

void witness_rtc_next(struct cpu_clock *clock)
{
    uint64_t now_ns = keeper_now_ns(), first;
    bool were_on;

    if (!rtc()->there || !clock->look.fresh || now_ns < __atomic_load_n(&rtc()->next_ns, __ATOMIC_RELAXED))
        return;
    were_on = lock_take(&keeper.lock);
    first = begin_hunt(clock, now_ns);
    lock_release(&keeper.lock, were_on);
    if (!first)
        return;
    clock->look.rtc_timer.expired = look_at_rtc;
    keeper_timer_arm(&clock->look.rtc_timer, first);
}

struct keeper_crystals keeper_crystals(void)
{
    struct range ppb;
    bool were_on = lock_take(&keeper.lock);
    enum crystals crystals = witness_rtc_blame(&ppb);

    lock_release(&keeper.lock, were_on);
    if (ppb.lo > ppb.hi)
        return (struct keeper_crystals){CRYSTALS_UNKNOWN, 0, UINT64_MAX};
    return (struct keeper_crystals){crystals, range_middle(ppb), (uint64_t)(ppb.hi - range_middle(ppb))};
}
