/*
 * Is there a period in what happened at some moments? A train is a row of events with nearly equal distances,
 * of which some may be missing. Other events may stand between them. Any unit of time. Pure.
 */
#ifndef TIME_TRAIN_H
#define TIME_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#define TRAIN_MOST  64u /* events that are looked at */
#define TRAIN_LEAST 8u  /* fewer may lie so by chance */
#define TRAIN_FINE  50u /* a distance is equal to within a 50th of itself */

struct train {
    uint64_t period; /* from the first of them to the last, on average */
    unsigned hits;   /* events that belong to it */
};

/*
 * Finds the train with the most events among the `count` that `at` holds, the earliest first, all below 2^62;
 * one out of order is left out. Those with their bit in *gone are left out too; those of the train that is
 * found get theirs. Returns false if there is none. A train has TRAIN_LEAST events or more, a quarter of all,
 * and three of four that it should have from the first event of all to the last.
 */
bool train_find(const uint64_t at[TRAIN_MOST], unsigned count, uint64_t *gone, struct train *out);

/* Returns true if one of two periods is the other, as far as trains are equal. */
bool train_same(uint64_t a, uint64_t b);

#endif
