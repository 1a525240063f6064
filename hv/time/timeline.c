#include "time/timeline.h"

#include "time/fixed.h"

#define ROUNDING_NS 3 /* reader's truncation (1), its shift (1), nominal scale (1) */

static int64_t farthest(struct range range, int64_t from)
{
    return max_i64(abs_i64(range.lo - from), abs_i64(range.hi - from));
}

/* The rate that works off `error` ns: at most TIMELINE_SLEW_PPB faster or slower than R itself. */
static int64_t slew_q32(int64_t error)
{
    int64_t limit = q32_from_ppb(TIMELINE_SLEW_PPB);

    if (abs_i64(error) >= NS_PER_S)
        return error < 0 ? -limit : limit;
    return max_i64(-limit, min_i64(limit, q32_ratio_floor(error, TIMELINE_HORIZON_NS)));
}

/* The reference's own error grows with all the time since boot. */
static uint64_t tolerance_ns(const struct timeline *t)
{
    return ((t->line.ns / 1000000 + 1) * t->tolerance_ppb + 999) / 1000;
}

/* The TSC that a reader sees stands for up to one tick more. */
static int64_t rounding_ns(const struct timeline *t)
{
    return ROUNDING_NS + 1 + (int64_t)scale_reader_ns(t->nominal, 1);
}

/*
 * The growth contains half of the wander of a second: D t / 2 is at least D t^2 / 2 up to t = 1 s. Past that
 * the reader adds 100 ppm of its own, which is more than D t / 2 up to t = 64 s for every D in force.
 */
static struct bound bound_of(const struct timeline *t, const struct consensus *all)
{
    int64_t rate = scale_deviation(t->nominal, t->line.scale);
    int64_t ns = farthest(all->value_hull, (int64_t)t->line.ns - t->anchor_ns) + rounding_ns(t);
    int64_t ppb = ppb_from_q32_away(farthest(all->rate_hull, rate) + 1) + (all->wander_ppb_s + 1) / 2 +
                  t->tolerance_ppb;

    ppb += ppb / 512 + 1; /* of a ns of S, which may be slower than a nominal ns by 1000 ppm */
    if (t->settling > 0 || ppb >= ESTIMATE_RATE_LIMIT_PPB * 4)
        return BOUND_UNKNOWN;
    return (struct bound){.ns = (uint64_t)ns + tolerance_ns(t), .ppb = (uint32_t)ppb};
}

void timeline_start(struct timeline *t, uint64_t tsc, struct tsc_scale nominal, const struct consensus *first,
                    uint32_t tolerance_ppb)
{
    *t = (struct timeline){.nominal = nominal, .tolerance_ppb = tolerance_ppb, .anchored = true};
    t->line = (struct line){.tsc = tsc, .scale = scale_deviate(nominal, range_middle(first->rate))};
    t->line.ns = (uint64_t)max_i64(0, range_middle(first->value));
}

static struct bound steer(struct timeline *t, const struct consensus *all)
{
    if (!t->anchored) {
        t->anchor_ns = (int64_t)t->line.ns - range_middle(all->value);
        t->anchored = true;
    }
    int64_t error = range_middle(all->value) + t->anchor_ns - (int64_t)t->line.ns;
    if (!t->free_running)
        t->line.scale = scale_deviate(t->nominal, range_middle(all->rate) + slew_q32(error));
    struct bound bound = bound_of(t, all);
    if (t->settling > 0)
        t->settling--;
    return bound;
}

struct bound timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all)
{
    t->line = line_follow(&t->line, tsc_joint, t->line.scale, 0);
    t->bound = all->agree ? steer(t, all) : BOUND_UNKNOWN;
    return t->bound;
}

/*
 * S at any TSC, rounded up. Before its joint this line did not hold, but S has not gone back, and was slower
 * or faster by no more than the slew.
 */
static uint64_t line_value(const struct line *line, uint64_t tsc)
{
    uint64_t before;

    if (tsc >= line->tsc)
        return line_read(line, tsc) + 1;
    before = scale_reader_ns(line->scale, line->tsc - tsc);
    return before < line->ns ? line->ns - before + before / 500 + 1 : 0;
}

/* S's rate may be beyond R's by what the last bound says; without a bound, by all that TSC and slew allow. */
uint64_t timeline_at_most(const struct timeline *t, uint64_t looked_tsc, int64_t gone_ns, uint64_t most_ns)
{
    uint64_t ppb = t->bound.ns != UINT64_MAX ? t->bound.ppb : ESTIMATE_RATE_LIMIT_PPB + TIMELINE_SLEW_PPB;
    uint64_t looked_ns = line_value(&t->line, looked_tsc), gone, seen;

    if (gone_ns <= 0)
        return 0;
    if (looked_ns >= most_ns || (uint64_t)gone_ns >= most_ns - looked_ns)
        return most_ns;
    gone = (uint64_t)gone_ns;
    seen = looked_ns + gone + (gone / 1000000 + 1) * ppb / 1000 + 1;
    return seen < most_ns ? seen : most_ns;
}

void timeline_loosen(struct timeline *t)
{
    t->disruptions++;
    t->settling = TIMELINE_SETTLING;
    t->anchored = false;
    t->bound = BOUND_UNKNOWN;
}

void timeline_disrupt(struct timeline *t, uint64_t tsc_now, uint64_t at_least_ns)
{
    uint64_t there = line_read(&t->line, tsc_now);
    uint64_t step = at_least_ns > there ? at_least_ns - there : 0;

    t->line = line_follow(&t->line, tsc_now, t->line.scale, step);
    timeline_loosen(t);
}

void timeline_rescale(struct timeline *t, uint64_t tsc_now, struct tsc_scale nominal)
{
    t->line = line_follow(&t->line, tsc_now, nominal, 0);
    t->nominal = nominal;
}

void timeline_anchor(struct timeline *t, uint64_t tsc, const struct consensus *all, int64_t anchor_ns)
{
    int64_t behind;

    t->line = line_follow(&t->line, tsc, t->line.scale, 0);
    behind = range_middle(all->value) + anchor_ns - (int64_t)t->line.ns;
    if (behind > 0)
        t->line = line_follow(&t->line, tsc, t->line.scale, (uint64_t)behind);
    t->anchor_ns = anchor_ns;
    t->anchored = true;
}

static bool above(const struct line *a, const struct line *b)
{
    return a->ns != b->ns ? a->ns > b->ns : a->frac > b->frac;
}

void timeline_join(struct timeline *highest, const struct timeline *other, uint64_t tsc)
{
    struct line line = line_follow(&highest->line, tsc, highest->line.scale, 0);
    struct line others = line_follow(&other->line, tsc, other->line.scale, 0);
    uint16_t disruptions = highest->disruptions;

    if ((int16_t)(other->disruptions - disruptions) > 0)
        disruptions = other->disruptions;
    if (above(&others, &line)) {
        *highest = *other;
        line = others;
    }
    highest->line = line;
    highest->disruptions = disruptions;
}
