#include "time/pairs.h"

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
            *pair = (struct pair){.generation = pairs->generation};
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
