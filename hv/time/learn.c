#include "time/learn.h"

#include "time/fixed.h"

/*
 * The ladder of D, ppb/s: from 10 to Dmax, three rungs a decade. What is in force is one rung above the
 * guard, so the lowest in force is the second. Nothing wanders faster than Dmax.
 */
static const uint32_t RUNGS[] = {10, 22, 47, 100, 220, 470, LEARN_MOST_WANDER_PPB_S};
#define TOP_RUNG   (sizeof RUNGS / sizeof RUNGS[0] - 1)
#define START_RUNG 3u /* a warm-up of 5 ppm peaks at 83 ppb/s */

#define LOWER_EVERY    4u              /* looks between trials of what is below the guard */
#define LOWER_AFTER_NS (80 * NS_PER_S) /* that must hold so long, and then the guard comes down to it */

/*
 * What was learned, with D so many rungs lower, and J halved so many times. At the top the guard's D is Dmax
 * too: there is nothing to be warned of.
 */
static struct crystal tighter(const struct learned *learned, unsigned down, unsigned halved)
{
    if (down == 1 && learned->rung == TOP_RUNG)
        down = 0;
    return (struct crystal){.wander_ppb_s =
                                learned->wander_fixed ? learned->wander_ppb_s : RUNGS[learned->rung - down],
                            .phase_ns = learned->phase_ns >> halved};
}

static bool crystal_fits(const struct estimate *estimate, struct crystal crystal, unsigned first)
{
    struct outlook out;

    return estimate_solve(estimate, crystal, first, &out);
}

/*
 * Would the others have foreseen the newest bracket, under this assumption? A line that passes all of them
 * may go at any rate on the way to one that is far from them. What was known then was less than that.
 */
static bool foreseen(struct estimate *estimate, struct crystal crystal)
{
    struct bracket newest = estimate->bracket[estimate->count - 1];
    struct outlook out;
    bool fits;

    if (estimate->count == 1)
        return false;
    estimate->count--;
    fits = estimate_solve(estimate, crystal, 0, &out) && outlook_gap_ns(&out, &newest) == 0;
    estimate->count++;
    return fits;
}

/* What was not expected is explained only by what would have foreseen it. */
static bool explains(struct estimate *estimate, struct crystal crystal, bool expected)
{
    return crystal_fits(estimate, crystal, 0) && (expected || foreseen(estimate, crystal));
}

static void set_rung(struct learned *learned, unsigned rung)
{
    learned->rung = rung;
    learned->wander_ppb_s = RUNGS[rung];
}

void learn_start(struct learned *learned, uint32_t wander_ppb_s, uint32_t floor_ns, uint32_t most_ns)
{
    *learned = (struct learned){.floor_ns = floor_ns, .most_ns = most_ns, .phase_ns = floor_ns};
    set_rung(learned, START_RUNG);
    learned->wander_fixed = wander_ppb_s != LEARN_WANDER;
    if (learned->wander_fixed)
        learned->wander_ppb_s = wander_ppb_s;
}

void learn_restart(struct learned *learned, uint64_t tsc)
{
    if (learned->step_looks > 0) /* noise was no explanation after all */
        learned->phase_ns = learned->phase_before_ns;
    learned->wander_tsc = learned->phase_tsc = tsc;
    learned->step_looks = 0;
}

/* Finds the least rung at which the guard holds: Dmax is the last that explains anything. */
static bool more_wander(struct learned *learned, struct estimate *estimate, bool expected)
{
    struct crystal guard = tighter(learned, 1, 1);

    if (learned->wander_fixed)
        return false;
    for (unsigned rung = learned->rung; rung < TOP_RUNG; rung++) {
        guard.wander_ppb_s = RUNGS[rung];
        if (explains(estimate, guard, expected)) {
            learned->least = guard;
            learned->wander_learned = true;
            set_rung(learned, rung + 1);
            return true;
        }
    }
    return false;
}

/* With this noise a line passes, but only at the limit that is assumed of rates: the rate is another one. */
static bool rate_is_beyond(const struct estimate *estimate, struct crystal crystal)
{
    int64_t near = q32_from_ppb(ESTIMATE_RATE_LIMIT_PPB / 16 * 15);
    struct outlook out;

    return estimate_solve(estimate, crystal, 0, &out) && (out.rate_lo > near || out.rate_hi < -near);
}

/* Finds the least J with which the guard's D holds, to within a sixteenth. J becomes twice that. */
static bool more_phase(struct learned *learned, struct estimate *estimate, uint64_t tsc, bool expected)
{
    struct crystal guard = tighter(learned, 1, 1);
    uint32_t too_small = guard.phase_ns, enough = learned->most_ns / 2;

    guard.phase_ns = enough;
    if (enough <= too_small || !explains(estimate, guard, expected))
        return false;
    while (enough - too_small > enough / 16 + 1) {
        guard.phase_ns = too_small + (enough - too_small) / 2;
        if (explains(estimate, guard, expected))
            enough = guard.phase_ns;
        else
            too_small = guard.phase_ns;
    }
    guard.phase_ns = enough;
    if (rate_is_beyond(estimate, guard))
        return false;
    learned->least = guard;
    if (!learned->step_looks) {
        learned->phase_before_ns = learned->phase_ns;
        learned->step_tsc = tsc;
    }
    learned->step_looks = 1;
    learned->phase_learned = true;
    learned->phase_ns = 2 * enough;
    return true;
}

/* Explanations in their order: more wander, then more noise. */
static bool widen(struct learned *learned, struct estimate *estimate, uint64_t tsc, bool expected)
{
    bool wander = more_wander(learned, estimate, expected);

    if (!wander && !more_phase(learned, estimate, tsc, expected))
        return false;
    learned->noise = !wander;
    learned->wander_tsc = tsc;
    if (!wander)
        learned->phase_tsc = tsc;
    return true;
}

/* Has `crystal` held since *since? If it has not, it begins anew. Returns true once it has held for long. */
static bool held_for_long(const struct estimate *estimate, struct crystal crystal, uint64_t *since,
                          uint64_t tsc)
{
    if (!*since || !crystal_fits(estimate, crystal, estimate_since(estimate, *since)))
        *since = tsc;
    return scale_between_ns(estimate->nominal, *since, tsc) > LOWER_AFTER_NS;
}

/*
 * When what is below the guard has held for long, the guard comes down to it. The brackets from before go:
 * the tighter assumption was not tried on them.
 */
static bool lower(struct learned *learned, struct estimate *estimate, uint64_t tsc)
{
    bool lowered = false;

    if (++learned->looks % LOWER_EVERY)
        return false;
    if (!learned->wander_fixed && learned->rung > 1 &&
        held_for_long(estimate, tighter(learned, 2, 1), &learned->wander_tsc, tsc)) {
        estimate_forget_before(estimate, learned->wander_tsc);
        set_rung(learned, learned->rung - 1);
        learned->wander_tsc = tsc;
        lowered = true;
    }
    if (learned->phase_ns > learned->floor_ns &&
        held_for_long(estimate, tighter(learned, 1, 2), &learned->phase_tsc, tsc)) {
        estimate_forget_before(estimate, learned->phase_tsc);
        learned->phase_ns =
            learned->phase_ns / 2 > learned->floor_ns ? learned->phase_ns / 2 : learned->floor_ns;
        learned->phase_tsc = tsc;
        lowered = true;
    }
    return lowered;
}

/*
 * J was raised, and since then the offset has stayed: what came since fits with J as it was before, and with
 * what came before it does not. Noise would have gone to and fro.
 */
static bool is_step(struct learned *learned, const struct estimate *estimate)
{
    struct crystal before = tighter(learned, 0, 0);

    if (!learned->step_looks || ++learned->step_looks <= LEARN_STEP_LOOKS)
        return false;
    before.phase_ns = learned->phase_before_ns;
    if (!crystal_fits(estimate, before, 0) &&
        crystal_fits(estimate, before, estimate_since(estimate, learned->step_tsc)))
        return true;
    learned->step_looks = 0;
    return false;
}

static void put_in_force(const struct learned *learned, struct crystal others, struct estimate *estimate)
{
    estimate->crystal.wander_ppb_s =
        learned->wander_ppb_s > others.wander_ppb_s ? learned->wander_ppb_s : others.wander_ppb_s;
    estimate->crystal.phase_ns = learned->phase_ns > others.phase_ns ? learned->phase_ns : others.phase_ns;
}

static enum finding disruption(struct learned *learned, struct estimate *estimate,
                               const struct bracket *bracket, struct crystal others, struct outlook *out)
{
    learn_restart(learned, bracket->tsc_lo);
    put_in_force(learned, others, estimate);
    estimate_restart(estimate, bracket, out);
    return FINDING_DISRUPTION;
}

enum finding learn_add(struct learned *learned, struct estimate *estimate, const struct bracket *bracket,
                       bool expected, struct crystal others, struct outlook *out)
{
    enum finding found = FINDING_FITS;
    bool holds;

    put_in_force(learned, others, estimate);
    if (estimate->crystal.slip_ns && expected)
        return estimate_add(estimate, bracket, out) ? FINDING_FITS : FINDING_DISRUPTION;
    if (estimate->crystal.slip_ns || (estimate->count == 0 && !expected) ||
        !estimate_append(estimate, bracket))
        return disruption(learned, estimate, bracket, others, out);

    holds = estimate_solve(estimate, estimate->crystal, 0, out) && expected;
    if (holds && crystal_fits(estimate, tighter(learned, 1, 1), 0)) {
        found = lower(learned, estimate, bracket->tsc_lo) ? FINDING_NARROWER : FINDING_FITS;
    } else if (widen(learned, estimate, bracket->tsc_lo, expected)) {
        found = holds ? FINDING_WIDER : FINDING_BREACH;
        put_in_force(learned, others, estimate);
        estimate_solve(estimate, estimate->crystal, 0, out);
    } else if (!holds) {
        return disruption(learned, estimate, bracket, others, out);
    }
    return is_step(learned, estimate) ? disruption(learned, estimate, bracket, others, out) : found;
}
