/*
 * Trying the reference timers before one is relied on: do they count, what do they say of the TSC's rate, and
 * how narrow is a reading of each.
 */
#include "platform/reference/source.h"

#include "cpu/instructions.h"

#define COUNT_READS 10000u /* a reading takes 10 ns at the very least, the slowest count lasts 838 ns */
#define TRIAL_NS    20000000u
#define TRIAL_SPINS 200000u /* a spin takes 0.3 us on the fastest emulator, 5 us on a PC */
#define TIGHT_READS 8u
#define WORST_PPM   500u /* brackets may blur a rate by this much: a quarter of what is to be told apart */
#define STEP_READS  256u
#define WIDTHS      16u

/* One source during the trial. */
struct run {
    struct reference_reading first, last;
    uint64_t counts; /* since first; each poll adds, so that wraps are seen */
};

static uint64_t width_of(const struct reference_reading *reading)
{
    return reading->tsc_hi - reading->tsc_lo;
}

static bool tight_reading(const struct counter_source *source, struct reference_reading *out)
{
    bool any = false;

    for (unsigned i = 0; i < TIGHT_READS; i++) {
        struct reference_reading reading;

        if (!source_read(source, &reading))
            continue;
        if (!any || width_of(&reading) < width_of(out))
            *out = reading;
        any = true;
    }
    return any;
}

static uint64_t ns_of(const struct counter_source *source, uint64_t counts)
{
    /* 200000 spins are below 2^40 counts, so this is below 2^40 * 2^27. */
    return counts > 1ull << 36 ? UINT64_MAX : counts * source->ref.period_num / source->ref.period_den;
}

static void advance(const struct counter_source *source, struct run *run, const struct reference_reading *now)
{
    run->counts += (now->count - run->last.count) & counter_mask(&source->ref);
    run->last = *now;
}

bool trial_counts(const struct counter_source *source)
{
    struct reference_reading first, now;
    bool any = false;

    for (unsigned spin = 0; spin < COUNT_READS; spin++) {
        if (!source_read(source, &now))
            continue;
        if (any && now.count != first.count)
            return true;
        first = now;
        any = true;
    }
    return false;
}

/* Reads all sources once. Returns how many have run for TRIAL_NS by their own account. */
static unsigned poll_all(struct counter_source *const *sources, struct run *runs, unsigned count)
{
    unsigned done = 0;

    for (unsigned i = 0; i < count; i++) {
        struct reference_reading now;

        if (source_read(sources[i], &now))
            advance(sources[i], &runs[i], &now);
        done += ns_of(sources[i], runs[i].counts) >= TRIAL_NS;
    }
    return done;
}

/*
 * Returns the TSC's rate in kHz between a run's ends; 0 if no time passed, or the brackets are too wide for
 * it.
 */
static uint64_t rate_of(const struct counter_source *source, const struct run *run)
{
    uint64_t ns = ns_of(source, run->counts);
    uint64_t ticks = run->last.tsc_lo - run->first.tsc_lo;
    uint64_t khz, blur;

    if (ns == 0 || ns == UINT64_MAX || ticks > UINT64_MAX / 1000000)
        return 0;
    khz = ticks * 1000000 / ns;
    blur = width_of(&run->first) + width_of(&run->last) + ticks / (run->counts ? run->counts : 1);
    return blur > ticks / 1000000 * WORST_PPM + ticks % 1000000 * WORST_PPM / 1000000 ? 0 : khz;
}

void trial_rates(struct counter_source *const *sources, unsigned count)
{
    struct run runs[SOURCES] = {0};
    unsigned wanted = count < 2 ? 1 : 2;

    for (unsigned i = 0; i < count; i++) {
        tight_reading(sources[i], &runs[i].first);
        runs[i].last = runs[i].first;
    }
    for (unsigned spin = 0; spin < TRIAL_SPINS; spin++)
        if (poll_all(sources, runs, count) >= wanted)
            break;
    for (unsigned i = 0; i < count; i++) {
        struct reference_reading end;

        if (tight_reading(sources[i], &end))
            advance(sources[i], &runs[i], &end);
        sources[i]->khz = rate_of(sources[i], &runs[i]);
    }
}

/* Returns the least time from the start of one poll to the end of the next. */
static uint64_t poll_ticks(const struct counter_source *source)
{
    uint64_t least = UINT64_MAX;
    struct reference_reading old, now;

    for (unsigned i = 0; i < TIGHT_READS; i++)
        if (source_poll(source, &old) && source_poll(source, &now) && now.tsc_hi - old.tsc_lo < least)
            least = now.tsc_hi - old.tsc_lo;
    return least;
}

/* Returns the TSC ticks of some counts, rounded down; exact enough for what a few readings last. */
static uint64_t ticks_of(const struct counter_source *source, uint64_t counts)
{
    /* counts below 2^24, num below 2^27; then a 16th of ns below 2^35, khz below 2^28 (256 GHz). */
    return counts * source->ref.period_num * 16 / source->ref.period_den * source->khz / 16000000;
}

/*
 * Bochs computes the PIT's and the PM timer's counts from whole microseconds: they move by several at once,
 * and then stand still. Each reading says that the TSC at its count's beginning was more than tsc_lo less
 * one count, and less than tsc_hi. If the counter steps, no constant offset fits a row of such readings. An
 * eighth of a count, and 250 ppm of the time it took, are left for what khz is off by.
 */
static bool seen_stepping(const struct counter_source *source)
{
    struct reference_reading first, last, now;
    int64_t most = INT64_MIN, least = INT64_MAX, margin;
    uint64_t counts = 0;

    if (!tight_reading(source, &first))
        return false;
    last = first;
    for (unsigned i = 0; i < STEP_READS; i++) {
        int64_t ticks, low, high;

        if (!source_read(source, &now))
            continue;
        counts += (now.count - last.count) & counter_mask(&source->ref);
        last = now;
        if (counts >> 24)
            return false; /* stopped for long meanwhile */
        ticks = (int64_t)ticks_of(source, counts);
        low = (int64_t)(now.tsc_lo - first.tsc_lo - source->count_ticks) - ticks;
        high = (int64_t)(now.tsc_hi - first.tsc_lo) - ticks;
        most = low > most ? low : most;
        least = high < least ? high : least;
    }
    margin = (int64_t)(source->count_ticks / 8 + (last.tsc_hi - first.tsc_lo) / 4000 + 1);
    return most - margin > least;
}

/* The median of a few best readings' widths, by insertion. */
static uint64_t median_width(const struct counter_source *source, bool *edge)
{
    uint64_t widths[WIDTHS];
    unsigned count = 0, edges = 0;

    for (unsigned i = 0; i < WIDTHS; i++) {
        struct reference_reading best;
        unsigned at;

        if (!source_read_best(source, &best))
            continue;
        edges += best.edge;
        at = count++;
        for (; at > 0 && widths[at - 1] > width_of(&best); at--)
            widths[at] = widths[at - 1];
        widths[at] = width_of(&best);
    }
    *edge = edges * 2 > count;
    return count ? widths[count / 2] : UINT64_MAX / 2;
}

void trial_edges(struct counter_source *source)
{
    /* khz below 2^30 (1 THz), num below 2^27. */
    uint64_t micro = (uint64_t)source->ref.period_den * 1000000;

    source->count_ticks = (source->khz * source->ref.period_num + micro - 1) / micro;
    source->coarse = poll_ticks(source) < source->count_ticks;
    source->stepping = seen_stepping(source);
    source->good_ticks = 0; /* every try counts while the usual is not known */

    bool edge;
    source->ref.typical_width = median_width(source, &edge);
    source->good_ticks = source->ref.typical_width + (edge ? 0 : source->count_ticks);
}
