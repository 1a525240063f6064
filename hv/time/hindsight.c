#include "time/hindsight.h"

#include "meridian/clock.h"
#include "time/fixed.h"
#include "time/learn.h"
#include "time/solve.h"

/* So many looks in a row with nothing wrong, and what was told before them is not looked at. */
#define CLEAN_LOOKS 3u

void told_add(struct told_history *history, const struct timeline *timeline)
{
    history->told[history->count++ % HISTORY_LINES] = (struct told_line){
        .line = timeline->line, .bound = timeline->bound, .anchor_ns = timeline->anchor_ns};
}

struct range hindsight_at(const struct estimate *estimate, struct crystal crystal, uint64_t tsc)
{
    int64_t limit = q32_from_ppb(ESTIMATE_RATE_LIMIT_PPB);
    struct range rate = {-limit, limit}, value;
    struct constraints c;

    constraints_from(estimate, crystal, 0, tsc, &c);
    if (!constraints_rate(&c, &rate))
        return (struct range){INT64_MAX, INT64_MIN};
    value = constraints_value_between(&c, rate);
    return (struct range){c.base_ns + value.lo - (int64_t)crystal.phase_ns,
                          c.base_ns + value.hi + (int64_t)crystal.phase_ns};
}

/* Finds where R is by what a reader was told. Returns false where it was told "unknown". */
static bool told_at(const struct told_line *told, uint64_t tsc, struct range *out)
{
    uint64_t s = line_read(&told->line, tsc), age_ns = s - told->line.ns;
    int64_t room;

    if (told->bound.ns == UINT64_MAX || age_ns > MERIDIAN_DEAD_NS)
        return false;
    room = (int64_t)(told->bound.ns + meridian_growth_ns(age_ns, told->bound.ppb));
    if (age_ns > MERIDIAN_FRESH_NS)
        room += (int64_t)meridian_growth_ns(age_ns - MERIDIAN_FRESH_NS, MERIDIAN_STALE_PPB);
    *out = (struct range){(int64_t)s - told->anchor_ns - room, (int64_t)s - told->anchor_ns + room};
    return true;
}

/* The line in force when the TSC was `tsc`; NULL: it is no longer kept. */
static const struct told_line *in_force(const struct told_history *history, uint64_t tsc)
{
    unsigned kept = history->count < HISTORY_LINES ? history->count : HISTORY_LINES;

    for (unsigned i = 1; i <= kept; i++) {
        const struct told_line *told = &history->told[(history->count - i) % HISTORY_LINES];

        if (told->line.tsc <= tsc)
            return told;
    }
    return 0;
}

/* R when the bracket was closed, by what it says itself: that is so whatever the crystal does. */
static struct range fact_at(const struct estimate *estimate, unsigned i)
{
    const struct bracket *b = &estimate->bracket[i];
    int64_t span_ns = scale_between_ns(estimate->nominal, b->tsc_lo, b->tsc_hi);

    return (struct range){b->ref_lo_ns, b->ref_hi_ns + span_ns + span_ns / 1000 + 1};
}

/*
 * The same, and what all the others add. Of the newest it is what contradicted them that counts, and they are
 * not asked.
 */
static struct range ref_at(const struct estimate *estimate, struct crystal crystal, unsigned i)
{
    struct range fact = fact_at(estimate, i), all, both;

    if (i == estimate->count - 1)
        return fact;
    all = hindsight_at(estimate, crystal, estimate->bracket[i].tsc_hi);
    both = (struct range){max_i64(fact.lo, all.lo), min_i64(fact.hi, all.hi)};
    return both.lo <= both.hi ? both : fact;
}

/* By how much R is outside of what was said: at least, whatever of `ref` it is; and at most. */
static int64_t least_ns(struct range ref, struct range said)
{
    return max_i64(ref.lo - said.hi, said.lo - ref.hi);
}

static int64_t most_ns(struct range ref, struct range said)
{
    return max_i64(ref.hi - said.hi, said.lo - ref.lo);
}

/*
 * Returns the most where the line began: R there is what the look before said, and the rate's limit on the
 * way. A joint that is far from that look says less than the look at the end does.
 */
static int64_t most_at_joint_ns(const struct estimate *estimate, unsigned i, const struct told_line *told)
{
    struct range ref, said;
    int64_t gone_ns, room_ns;

    if (i == 0 || estimate->bracket[i - 1].tsc_hi > told->line.tsc || !told_at(told, told->line.tsc, &said))
        return 0;
    ref = fact_at(estimate, i - 1);
    gone_ns = scale_between_ns(estimate->nominal, estimate->bracket[i - 1].tsc_hi, told->line.tsc);
    room_ns = gone_ns / (1000000000 / ESTIMATE_RATE_LIMIT_PPB) + 1;
    if (room_ns > ref.hi - ref.lo)
        return 0;
    return most_ns((struct range){ref.lo + gone_ns - room_ns, ref.hi + gone_ns + room_ns}, said);
}

/*
 * What was outside between two looks may have been so by more than at either. If R stepped, then the bound
 * has grown since, and R may have gone towards S as fast as the bound allows for: twice the growth. If the
 * rate wandered, it is no more than the excursion under Dmax.
 */
static int64_t most_between_ns(const struct told_line *told, uint64_t tsc)
{
    int64_t age_ns = min_i64((int64_t)(line_read(&told->line, tsc) - told->line.ns), NS_PER_S);

    return 2 * (int64_t)meridian_growth_ns((uint64_t)age_ns, told->bound.ppb) +
           wander_ns(LEARN_MOST_WANDER_PPB_S, age_ns) / 4 + 1;
}

/* What is found of the lines from before the last telling, and of those since then. */
struct finding_of {
    struct excess excess;
    bool certain;
};

/*
 * Holds what was told at look number i against R then. Returns true if it may have been wrong. It was wrong
 * for certain if no R that is possible under `crystal` lies in it. How much it was is what the brackets
 * alone say: the crystal may do worse than the smallest assumption that fits.
 */
static bool weigh(const struct estimate *estimate, struct crystal crystal, unsigned i,
                  const struct told_history *history, uint64_t told_ns, struct finding_of out[2])
{
    uint64_t tsc = estimate->bracket[i].tsc_hi, from_tsc = i > 0 ? estimate->bracket[i - 1].tsc_hi : tsc;
    const struct told_line *told = in_force(history, tsc), *from = in_force(history, from_tsc);
    struct range fact = fact_at(estimate, i), ref, said;
    struct finding_of *one;
    struct excess *excess;
    int64_t at_most;

    if (!told || !told_at(told, tsc, &said))
        return false;
    ref = ref_at(estimate, crystal, i);
    if (most_ns(ref, said) <= 0)
        return false;
    one = &out[told->line.ns >= told_ns];
    excess = &one->excess;
    one->certain = one->certain || least_ns(ref, said) > 0;
    if (!excess->any)
        *excess = (struct excess){.any = true, .to_ns = line_read(&told->line, tsc)};
    excess->from_ns = from ? line_read(&from->line, from_tsc) : told->line.ns;
    if (told->line.ns >= told_ns && excess->from_ns < told_ns) /* by older lines: that has been told */
        excess->from_ns = told->line.ns;
    at_most = max_i64(most_ns(fact, said), most_at_joint_ns(estimate, i, told)) + most_between_ns(told, tsc);
    excess->at_least_ns = (uint64_t)max_i64((int64_t)excess->at_least_ns, least_ns(fact, said));
    excess->at_most_ns = (uint64_t)max_i64((int64_t)excess->at_most_ns, at_most);
    return true;
}

/* Looks are gone through from the newest on: the first that is wrong is the end, the last the start. */
void hindsight(const struct estimate *estimate, struct crystal crystal, bool noise,
               const struct told_history *history, uint64_t told_ns, struct excess *earlier,
               struct excess *fresh)
{
    struct finding_of out[2] = {{.certain = false}, {.certain = false}};
    unsigned clean = 0, looks = noise ? 1 : estimate->count;

    for (unsigned i = 1; i <= looks && clean < CLEAN_LOOKS; i++) {
        bool wrong = weigh(estimate, crystal, estimate->count - i, history, told_ns, out);

        clean = wrong ? 0 : clean + 1;
    }
    *earlier = out[0].certain ? out[0].excess : (struct excess){.any = false};
    *fresh = out[1].certain ? out[1].excess : (struct excess){.any = false};
}
