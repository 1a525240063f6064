#include "time/gaps.h"

#define NS            1000000000u
#define APART_IN_GAPS 10u /* what comes again sooner than so many of its own lengths is a loop, not a gap */

void gaps_begin(struct gaps *gaps, uint64_t hz)
{
    uint64_t part = 1000000;

    *gaps = (struct gaps){0};
    for (unsigned i = 0; i < GAPS_DECADES; i++, part /= 10)
        gaps->least[i] = hz / part ? hz / part : 1;
    gaps->long_ticks = hz * (GAPS_LONG_NS / 1000) / 1000000;
}

void gaps_first(struct gaps *gaps, uint64_t tsc)
{
    gaps->first = gaps->last = tsc;
}

/* A TSC may pass 2^64, but not half of that in a gap. */
static bool is_back(uint64_t ticks)
{
    return ticks >> 63;
}

static void note_gap(struct gaps *gaps, uint64_t gap, uint64_t tsc)
{
    unsigned decade = 0;

    while (decade + 1 < GAPS_DECADES && gap >= gaps->least[decade + 1]) {
        struct gaps_ring *ring = &gaps->rings[decade++];

        ring->at[ring->count++ % TRAIN_MOST] = tsc - gaps->first;
    }
    gaps->decades[decade]++;
    gaps->longs += gap >= gaps->long_ticks;
    if (gap > gaps->largest)
        gaps->largest = gap;
}

void gaps_add(struct gaps *gaps, uint64_t tsc)
{
    uint64_t gap = tsc - gaps->last;

    if (is_back(gap))
        gaps->back++;
    else if (gap >= gaps->least[0])
        note_gap(gaps, gap, tsc);
    gaps->last = tsc;
}

static void keep_period(struct gaps *gaps, const struct train *train, uint64_t least)
{
    for (unsigned i = 0; i < GAPS_PERIODS; i++) {
        if (!gaps->periods[i].least) {
            gaps->periods[i] = (struct gaps_period){*train, least};
            return;
        }
        if (train_same(gaps->periods[i].train.period, train->period))
            return;
    }
}

void gaps_find_periods(struct gaps *gaps, unsigned ring)
{
    const struct gaps_ring *from = &gaps->rings[ring];
    unsigned count = from->count < TRAIN_MOST ? (unsigned)from->count : TRAIN_MOST;
    uint64_t at[TRAIN_MOST], gone = 0, least = gaps->least[ring + 1];
    struct train train;

    for (unsigned i = 0; i < count; i++)
        at[i] = from->at[(from->count - count + i) % TRAIN_MOST];
    if (count < TRAIN_LEAST || at[count - 1] - at[0] < APART_IN_GAPS * least * (count - 1))
        return;
    for (unsigned i = 0; i < GAPS_PERIODS && train_find(at, count, &gone, &train); i++)
        keep_period(gaps, &train, least);
}

uint64_t gaps_ns(uint64_t ticks, uint64_t hz)
{
    return hz ? ticks / hz * NS + ticks % hz * NS / hz : 0;
}

uint64_t gaps_count(const struct gaps *gaps)
{
    uint64_t count = 0;

    for (unsigned i = 1; i < GAPS_DECADES; i++)
        count += gaps->decades[i];
    return count;
}
