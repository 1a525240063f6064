#include "time/align.h"

#include "time/fixed.h"

struct offset offset_join(struct offset a, struct offset b)
{
    return (struct offset){max_i64(a.lo, b.lo), min_i64(a.hi, b.hi)};
}

struct offset offset_narrow(struct offset known, const struct ping *ping)
{
    const struct offset shown = {(int64_t)(ping->answered - ping->received),
                                 (int64_t)(ping->answered - ping->sent)};

    return offset_join(known, shown);
}

enum alignment offset_judge(struct offset offset)
{
    if (offset.lo == OFFSET_UNKNOWN.lo || offset.hi == OFFSET_UNKNOWN.hi)
        return ALIGNMENT_UNKNOWN;
    return offset.lo <= 0 && offset.hi >= 0 ? ALIGNMENT_IN_STEP : ALIGNMENT_APART;
}

enum alignment alignment_join(enum alignment all, enum alignment pair)
{
    if (all == ALIGNMENT_APART || pair == ALIGNMENT_APART)
        return ALIGNMENT_APART;
    if (all == ALIGNMENT_UNKNOWN || pair == ALIGNMENT_UNKNOWN)
        return ALIGNMENT_UNKNOWN;
    return ALIGNMENT_IN_STEP;
}

int64_t offset_extent(struct offset offset)
{
    return max_i64(abs_i64(offset.lo), abs_i64(offset.hi));
}

int64_t align_resolution_ticks(struct tsc_scale nominal)
{
    return max_i64(RESOLUTION_TICKS, (int64_t)scale_ticks(nominal, RESOLUTION_NS));
}

unsigned align_rounds(unsigned n)
{
    return n < 2 ? 0 : (n + 1) / 2 * 2 - 1;
}

/* Seats 0..m-2 move round seat m-1 (m = n made even): in round r, i meets j where i + j = r modulo m - 1. */
unsigned align_partner(unsigned n, unsigned round, unsigned me)
{
    unsigned turning = (n + 1) / 2 * 2 - 1;
    unsigned partner;

    if (me == turning) /* the fixed seat meets the one that would meet itself: 2i = r */
        return round % 2 == 0 ? round / 2 : (round + turning) / 2;
    partner = (round + turning - me % turning) % turning;
    if (partner == me)
        partner = turning;
    return partner < n ? partner : n;
}

void pairs_start(struct pairs *pairs, unsigned cpus, struct pair *table)
{
    *pairs = (struct pairs){.cpus = cpus, .generation = 1, .table = table};
}

void pairs_forget(struct pairs *pairs)
{
    pairs->generation++;
}

bool pairs_note(struct pairs *pairs, unsigned a, unsigned b, struct offset offset)
{
    struct pair *pair = &pairs->table[a * pairs->cpus + b];

    switch (offset_judge(offset)) {
    case ALIGNMENT_APART: pairs_forget(pairs); return false;
    case ALIGNMENT_IN_STEP:
        if (pair->generation != pairs->generation)
            *pair = (struct pair){.generation = pairs->generation, .extent = INT64_MAX};
        pair->extent = min_i64(pair->extent, offset_extent(offset));
        if (pair->meetings < PAIRS_PASSES)
            pair->meetings++;
        return true;
    default: return true;
    }
}

bool pairs_in_step(const struct pairs *pairs, unsigned a, unsigned b)
{
    const struct pair *pair = &pairs->table[a * pairs->cpus + b];

    return pair->generation == pairs->generation && pair->meetings == PAIRS_PASSES;
}

int64_t pairs_extent(const struct pairs *pairs, unsigned a, unsigned b)
{
    const struct pair *pair = &pairs->table[a * pairs->cpus + b];

    return pair->generation == pairs->generation ? pair->extent : INT64_MAX;
}
