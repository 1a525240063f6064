/*
 * The world of the page of assumptions: breaches are told and published, in unified or in per-CPU mode, and
 * each CPU reads a record and then the page. Three promises: "whole", a copy of the page is what was written
 * once; "told", the page tells what a record counts; and what another CPU has found on it is found.
 */
#include <string.h>

#include "meridian/breach.h"
#include "meridian/clock.h"

#include "keeper/breach.h"
#include "keeper/clocks.h"
#include "time/hindsight.h"
#include "world.h"

#define WRITTEN 16u

static struct meridian_assumed written[WRITTEN];
static unsigned written_count;
bool page_records_are_out;
static unsigned told; /* breaches and parts of them: no two are alike */

void __wrap_hindsight(const struct estimate *estimate, struct crystal crystal, bool noise,
                      const struct told_history *history, uint64_t told_ns, struct excess *earlier,
                      struct excess *fresh);

/* More of a breach that was told, a new one, or both. */
void __wrap_hindsight(const struct estimate *estimate, struct crystal crystal, bool noise,
                      const struct told_history *history, uint64_t told_ns, struct excess *earlier,
                      struct excess *fresh)
{
    unsigned which = 1 + weak_random(3);

    (void)estimate, (void)crystal, (void)noise, (void)history, (void)told_ns;
    told++;
    *earlier = (struct excess){which & 1, .from_ns = 50 - told, .to_ns = 50 + told, .at_least_ns = told,
                               .at_most_ns = 10 + told};
    *fresh = (struct excess){which & 2, .from_ns = 100 * told, .to_ns = 101 * told, .at_least_ns = told,
                             .at_most_ns = 20 + told};
}

void announce_breach(unsigned cpu, uint64_t n, const struct meridian_breach *breach)
{
    (void)cpu, (void)n, (void)breach;
}

void page_start(void)
{
    memset(written, 0, sizeof written); /* the page as it is at first: nothing was told */
    written_count = 1;
    told = 0;
    page_records_are_out = false;
}

/* What is assumed differs from one publish to the next too. */
static void learn(void)
{
    for (unsigned i = 0; i < WEAK_CPUS; i++) {
        clock_of(i)->known.outlook.wander_ppb_s = 100 + told;
        clock_of(i)->known.outlook.phase_ns = 10 + told;
        clock_of(i)->known.width_ns = 200 + told;
        clock_of(i)->look.learned.wander_learned = told & 1;
        clock_of(i)->look.learned.phase_learned = told & 2;
    }
}

void page_act(unsigned cpu)
{
    unsigned what = weak_random(4);

    if (what < 3)
        breach_confess(clock_of(cpu));
    if (weak_variant("page-unmarked"))
        keeper.assumptions.changed = false;
    if (what == 0) /* the next publish is another CPU's, or comes later */
        return;
    lock_take(&keeper.lock);
    learn();
    if (keeper.mode == CLOCK_UNIFIED)
        publish_unified();
    else
        publish_own(clock_of(cpu), cpu, rdtsc_ordered());
    page_records_are_out = true;
    assumed_refresh(); /* nothing is left to do, but in one variant */
    page_records_are_out = false;
    lock_release(&keeper.lock, false);
}

void page_note(const struct meridian_assumed *page)
{
    if (written_count < WRITTEN)
        written[written_count++] = *page;
}

static void must_be_whole(struct meridian_assumed *copy)
{
    bool found = false;

    for (unsigned i = 0; i < written_count; i++)
        found = found || !memcmp(&written[i], copy, sizeof *copy);
    weak_promise(found, "whole");
}

void page_read(const struct meridian_clock *clock)
{
    struct meridian_counts counts = {0};
    struct meridian_sample sample;
    struct meridian_assumed copy;
    uint64_t before, breaches;

    meridian_read(clock, &counts, &sample);
    before = world_hear();
    if (weak_random(3) == 0) {
        breaches = meridian_breaches(&weak_arena.page);
    } else {
        weak_promise(meridian_read_assumed(&weak_arena.page, &copy), "ends");
        must_be_whole(&copy);
        breaches = copy.breaches;
    }
    weak_promise(breaches >= sample.flags >> MERIDIAN_BREACH_SHIFT, "told");
    world_judge(breaches, before);
}
