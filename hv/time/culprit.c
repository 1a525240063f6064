#include "time/culprit.h"

enum culprit culprit_of(uint32_t left, uint32_t stayed, enum blame blame)
{
    if (left && stayed)
        return CULPRIT_SOME_TSCS;
    return blame == BLAME_TSC ? CULPRIT_ALL_TSCS : CULPRIT_UNKNOWN;
}

void culprits_add(struct culprits *culprits, enum culprit culprit)
{
    culprits->some_tscs += culprit == CULPRIT_SOME_TSCS;
    culprits->all_tscs += culprit == CULPRIT_ALL_TSCS;
    culprits->unknown += culprit == CULPRIT_UNKNOWN;
}
