#include "time/hindsight.h"

#include "meridian/clock.h"
#include "time/fixed.h"
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

/*
 * R when the bracket was closed: what it says itself, whatever the crystal does, and what the others add. Of
 * the newest it is what contradicted the others that counts, and they are not asked.
 */
static struct range ref_at(const struct estimate *estimate, struct crystal crystal, unsigned i)
{
    const struct bracket *b = &estimate->bracket[i];
    int64_t span_ns = scale_between_ns(estimate->nominal, b->tsc_lo, b->tsc_hi);
    struct range fact = {b->ref_lo_ns, b->ref_hi_ns + span_ns + span_ns / 1000 + 1};
    struct range all, both;

    if (i == estimate->count - 1)
        return fact;
    all = hindsight_at(estimate, crystal, b->tsc_hi);
    both = (struct range){max_i64(fact.lo, all.lo), min_i64(fact.hi, all.hi)};
    return both.lo <= both.hi ? both : fact;
}

/* Holds what was told at look number i against R then. Returns true if it may have been wrong. */
static bool weigh(const struct estimate *estimate, struct crystal crystal, unsigned i,
                  const struct told_history *history, uint64_t told_ns, struct excess out[2])
{
    uint64_t tsc = estimate->bracket[i].tsc_hi, from_tsc = i > 0 ? estimate->bracket[i - 1].tsc_hi : tsc;
    const struct told_line *told = in_force(history, tsc), *from = in_force(history, from_tsc);
    struct range ref, said;
    struct excess *excess;
    int64_t at_most;

    if (!told || !told_at(told, tsc, &said))
        return false;
    ref = ref_at(estimate, crystal, i);
    at_most = max_i64(ref.hi - said.hi, said.lo - ref.lo);
    if (at_most <= 0)
        return false;
    excess = &out[told->line.ns >= told_ns];
    if (!excess->any)
        *excess = (struct excess){.any = true, .to_ns = line_read(&told->line, tsc)};
    excess->from_ns = from ? line_read(&from->line, from_tsc) : told->line.ns;
    if (told->line.ns >= told_ns && excess->from_ns < told_ns) /* by older lines: that has been told */
        excess->from_ns = told->line.ns;
    excess->at_least_ns =
        (uint64_t)max_i64((int64_t)excess->at_least_ns, max_i64(ref.lo - said.hi, said.lo - ref.hi));
    excess->at_most_ns = (uint64_t)max_i64((int64_t)excess->at_most_ns, at_most);
    return true;
}

/* Looks are gone through from the newest on: the first that is wrong is the end, the last the start. */
void hindsight(const struct estimate *estimate, struct crystal crystal, bool noise,
               const struct told_history *history, uint64_t told_ns, struct excess *earlier,
               struct excess *fresh)
{
    struct excess out[2] = {{0}, {0}};
    unsigned clean = 0, looks = noise ? 1 : estimate->count;

    for (unsigned i = 1; i <= looks && clean < CLEAN_LOOKS; i++) {
        bool wrong = weigh(estimate, crystal, estimate->count - i, history, told_ns, out);

        clean = wrong ? 0 : clean + 1;
    }
    *earlier = out[0];
    *fresh = out[1];
}
