#include "keeper/breach.h"

#include "cpu/lock.h"
#include "cpu/percpu.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/latch.h"
#include "keeper/publisher.h"
#include "time/fixed.h"
#include "time/hindsight.h"
#include "time/learn.h"

/* The old line holds until the publish, which follows the telling in the same look. */
#define PUBLISH_NS 10000u

static uint32_t larger_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint64_t larger_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

struct crystal assumed_by_others(unsigned cpu)
{
    struct crystal most = {0};

    for (unsigned i = 0; clock_mode_now() == CLOCK_UNIFIED && i < keeper.cpus; i++) {
        const struct learned *learned = &clock_of(i)->look.learned;

        if (i == cpu || !clock_counts(clock_of(i)))
            continue;
        most.wander_ppb_s =
            larger_u32(most.wander_ppb_s, __atomic_load_n(&learned->wander_ppb_s, __ATOMIC_RELAXED));
        most.phase_ns = larger_u32(most.phase_ns, __atomic_load_n(&learned->phase_ns, __ATOMIC_RELAXED));
    }
    return most;
}

const struct meridian_assumed *keeper_assumed(void)
{
    return &keeper.assumptions.page;
}

static struct meridian_breach *last_breach(struct meridian_assumed *page)
{
    return &page->last[(page->breaches - 1) % MERIDIAN_BREACHES_KEPT];
}

/* Breaches end in the order of their numbers (docs/abi.md), though CPUs' lines may be apart. */
static void put_breach(struct meridian_assumed *page, const struct excess *excess)
{
    uint64_t least_to_ns = page->breaches > 0 ? last_breach(page)->to_ns : 0;

    page->breaches++;
    *last_breach(page) = (struct meridian_breach){
        .from_ns = excess->from_ns,
        .to_ns = excess->to_ns > least_to_ns ? excess->to_ns : least_to_ns,
        .at_least_ns = excess->at_least_ns,
        .at_most_ns = excess->at_most_ns,
    };
}

/*
 * Another CPU has told this one already, or this CPU a part of it. Returns true if more is known of it now.
 */
static bool tell_more(struct meridian_breach *breach, const struct excess *excess)
{
    if (!excess->any ||
        (excess->at_most_ns <= breach->at_most_ns && excess->at_least_ns <= breach->at_least_ns))
        return false;
    if (excess->from_ns < breach->from_ns)
        breach->from_ns = excess->from_ns;
    if (excess->to_ns > breach->to_ns)
        breach->to_ns = excess->to_ns;
    if (excess->at_least_ns > breach->at_least_ns)
        breach->at_least_ns = excess->at_least_ns;
    if (excess->at_most_ns > breach->at_most_ns)
        breach->at_most_ns = excess->at_most_ns;
    return true;
}

/*
 * The history is copied with the lock, and worked through without it: that takes as long as some hundred
 * looks. What is published meanwhile is under the new assumption already, or another CPU's own matter.
 */
void breach_confess(struct cpu_clock *clock)
{
    struct meridian_assumed *page = &keeper.assumptions.page;
    struct told_history *history = &clock->look.history;
    const struct learned *learned = &clock->look.learned;
    struct excess earlier, fresh;
    uint64_t told_ns;
    bool were_on = lock_take(&keeper.lock), more;

    *history = keeper.mode == CLOCK_UNIFIED ? keeper.common.history : clock->own.history;
    told_ns = keeper.assumptions.told_ns;
    lock_release(&keeper.lock, were_on);
    hindsight(&clock->look.estimate, learned->least, learned->noise, history, told_ns, &earlier, &fresh);

    were_on = lock_take(&keeper.lock);
    more = page->breaches > 0 && tell_more(last_breach(page), &earlier);
    if (fresh.any) {
        fresh.to_ns = larger_u64(fresh.to_ns, keeper_now_ns() + PUBLISH_NS);
        put_breach(page, &fresh);
    }
    if (keeper.mode == CLOCK_UNIFIED)
        keeper.assumptions.epoch++;
    if (fresh.any || more) {
        assumed_changed();
        keeper.assumptions.told_ns = keeper_now_ns();
        announce_breach(cpu_id(), page->breaches - 1, last_breach(page));
    }
    lock_release(&keeper.lock, were_on);
}

/* The greatest of all CPUs': a reader does not ask on which of them it was. */
static void gather_assumed(struct meridian_assumed *page)
{
    page->wander_ppb_s = page->phase_ns = 0;
    page->resolution_ns = 0;
    page->wander_origin = page->phase_origin = MERIDIAN_ORIGIN_START;
    for (unsigned i = 0; i < keeper.cpus; i++) {
        const struct cpu_known *known = &clock_of(i)->known;
        const struct learned *learned = &clock_of(i)->look.learned;

        if (!clock_counts(clock_of(i)))
            continue;
        page->wander_ppb_s = larger_u32(page->wander_ppb_s, known->outlook.wander_ppb_s);
        page->phase_ns = larger_u32(page->phase_ns, known->outlook.phase_ns);
        page->resolution_ns = known->width_ns > page->resolution_ns ? known->width_ns : page->resolution_ns;
        if (learned->wander_fixed)
            page->wander_origin = MERIDIAN_ORIGIN_FIXED;
        else if (learned->wander_learned)
            page->wander_origin = MERIDIAN_ORIGIN_LEARNED;
        if (learned->phase_learned)
            page->phase_origin = MERIDIAN_ORIGIN_LEARNED;
    }
    page->most_wander_ppb_s = larger_u32(LEARN_MOST_WANDER_PPB_S, page->wander_ppb_s);
    page->excursion_ns = larger_u64((uint64_t)wander_ns(page->most_wander_ppb_s, PERIOD_NS) / 4,
                                    keeper.assumptions.slew_ns / 4) +
                         1;
}

void assumed_changed(void)
{
    keeper.assumptions.changed = true;
}

void assumed_refresh(void)
{
    struct meridian_assumed *page = &keeper.assumptions.page;

    if (!keeper.assumptions.changed)
        return;
    gather_assumed(page);
    page->version += 2;
    for (struct time_domain *domain = keeper.domains; domain; domain = domain->next) {
        if (domain->assumed)
            assumed_write(domain->assumed, page);
    }
    keeper.assumptions.changed = false;
}
