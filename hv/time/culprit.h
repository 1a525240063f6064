/*
 * What caused a disruption, by what went along: the CPUs with TSCs that left the reference, those with TSCs
 * that stayed with it, and what the other timers said. Pure.
 */
#ifndef TIME_CULPRIT_H
#define TIME_CULPRIT_H

#include <stdint.h>

#include "time/blame.h"

enum culprit {
    CULPRIT_SOME_TSCS, /* they left, and other TSCs went on with the reference */
    CULPRIT_ALL_TSCS,  /* all TSCs together left all timers together: either side may be wrong */
    CULPRIT_UNKNOWN    /* all TSCs together left one timer, and no other tells */
};

/* `left` and `stayed` count CPUs that have looked since. A TSC that stayed tells more than any timer. */
enum culprit culprit_of(uint32_t left, uint32_t stayed, enum blame blame);

/* How many disruptions had which cause. */
struct culprits {
    uint32_t some_tscs, all_tscs, unknown;
};
void culprits_add(struct culprits *culprits, enum culprit culprit);

#endif
