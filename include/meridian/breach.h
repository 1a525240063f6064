/*
 * Was an interval true? Beside meridian/clock.h, for code that keeps times and acts on them later.
 *
 *     struct meridian_interval i = meridian_now(&clock, &counts);
 *     ...
 *     struct meridian_breach by;
 *     switch (meridian_breached(page, &i, &by)) { ... }
 *
 * A bound assumes that the world is as quiet as the page says (D, J). Where it was not, the hypervisor tells
 * a breach at the look that shows it: from when to when, and by how much bounds were exceeded. It is told at
 * its end, so breaches stand in the page in the order of their ends. That makes the interval's own time
 * enough to find it by: nothing is added to a read, and no count can come round.
 *
 * Nothing here trusts the page: each loop ends, and a page that makes no sense is an answer that is unknown.
 */
#ifndef MERIDIAN_BREACH_H
#define MERIDIAN_BREACH_H

#include <stdint.h>

#include "meridian/abi.h"
#include "meridian/clock.h"

#define MERIDIAN_PAGE_TRIES 1000u /* looks at a page that is being written, each with a PAUSE: some 50 us */

enum meridian_answer {
    MERIDIAN_KEPT,     /* no breach of that time was told so far */
    MERIDIAN_BREACHED, /* one was */
    MERIDIAN_UNSURE    /* the page has no place any more for so old a breach; or there is no page */
};

/* Returns how many breaches were told so far: one load. While it stays the same no answer changes. */
static inline uint64_t meridian_breaches(const struct meridian_assumed *page)
{
    return MERIDIAN_LOAD(page->breaches);
}

/* Between two looks at the version: volatile and x86 keep these loads there. */
static inline void meridian_copy_assumed(const struct meridian_assumed *page, struct meridian_assumed *out)
{
    unsigned i;
    out->wander_ppb_s = MERIDIAN_LOAD(page->wander_ppb_s);
    out->phase_ns = MERIDIAN_LOAD(page->phase_ns);
    out->most_wander_ppb_s = MERIDIAN_LOAD(page->most_wander_ppb_s);
    out->wander_origin = MERIDIAN_LOAD(page->wander_origin);
    out->phase_origin = MERIDIAN_LOAD(page->phase_origin);
    out->reserved[0] = out->reserved[1] = out->reserved[2] = 0;
    out->resolution_ns = MERIDIAN_LOAD(page->resolution_ns);
    out->excursion_ns = MERIDIAN_LOAD(page->excursion_ns);
    out->breaches = MERIDIAN_LOAD(page->breaches);
    for (i = 0; i < MERIDIAN_BREACHES_KEPT; i++) {
        out->last[i].from_ns = MERIDIAN_LOAD(page->last[i].from_ns);
        out->last[i].to_ns = MERIDIAN_LOAD(page->last[i].to_ns);
        out->last[i].at_least_ns = MERIDIAN_LOAD(page->last[i].at_least_ns);
        out->last[i].at_most_ns = MERIDIAN_LOAD(page->last[i].at_most_ns);
    }
}

/* Copies the page whole. Returns 0 if it was being written each time, or if there is none (NULL). */
static inline int meridian_read_assumed(const struct meridian_assumed *page, struct meridian_assumed *out)
{
    unsigned tries;
    for (tries = 0; page && tries < MERIDIAN_PAGE_TRIES; tries++) {
        out->version = MERIDIAN_LOAD(page->version);
        meridian_copy_assumed(page, out);
        if (!(out->version & 1) && MERIDIAN_LOAD(page->version) == out->version)
            return 1;
        MERIDIAN_PAUSE();
    }
    return 0;
}

/* The two as one: from the first to the last, and the most of each. */
static inline void meridian_join_breach(struct meridian_breach *with, const struct meridian_breach *one)
{
    if (one->from_ns < with->from_ns)
        with->from_ns = one->from_ns;
    if (one->to_ns > with->to_ns)
        with->to_ns = one->to_ns;
    if (one->at_least_ns > with->at_least_ns)
        with->at_least_ns = one->at_least_ns;
    if (one->at_most_ns > with->at_most_ns)
        with->at_most_ns = one->at_most_ns;
}

/* The same of a whole copy of the page, for many intervals at once. */
static inline enum meridian_answer meridian_breached_by(const struct meridian_assumed *told,
                                                        const struct meridian_interval *interval,
                                                        struct meridian_breach *out)
{
    struct meridian_breach all = {MERIDIAN_UNKNOWN_NS, 0, 0, 0};
    uint64_t kept = told->breaches < MERIDIAN_BREACHES_KEPT ? told->breaches : MERIDIAN_BREACHES_KEPT;
    /* What there is no place for any more ended before the oldest that is kept. */
    int lost = told->breaches > kept &&
               told->last[told->breaches % MERIDIAN_BREACHES_KEPT].to_ns >= interval->earliest_ns;
    int found = 0;
    uint64_t i;

    if (interval->err_ns == MERIDIAN_UNKNOWN_NS)
        return MERIDIAN_KEPT;
    for (i = 0; i < kept; i++) {
        const struct meridian_breach *one = &told->last[i];
        if (one->from_ns > one->to_ns)
            return MERIDIAN_UNSURE;
        if (one->to_ns < interval->earliest_ns || one->from_ns > interval->latest_ns)
            continue;
        meridian_join_breach(&all, one);
        found = 1;
    }
    if (!found)
        return lost ? MERIDIAN_UNSURE : MERIDIAN_KEPT;
    if (lost)
        all.at_most_ns = MERIDIAN_UNKNOWN_NS;
    *out = all;
    return MERIDIAN_BREACHED;
}

/*
 * Tells whether the world was, at the interval's time, worse than its bound assumed, as far as it was told so
 * far. MERIDIAN_BREACHED: *out has from when to when, by how much some read then was beyond its bound at
 * least, and by how much this one can be at most; all ones: not known. Then err_ns and that together hold.
 * Else *out is not touched. An interval without a bound promised nothing, and is kept. A breach is told at
 * the look that shows it, not when it happens: ask later, or again.
 */
static inline enum meridian_answer meridian_breached(const struct meridian_assumed *page,
                                                     const struct meridian_interval *interval,
                                                     struct meridian_breach *out)
{
    struct meridian_assumed told;
    return meridian_read_assumed(page, &told) ? meridian_breached_by(&told, interval, out) : MERIDIAN_UNSURE;
}

#endif
