/* The reference timers from inside: what the files of this wing give to one another. */
#ifndef PLATFORM_SOURCE_H
#define PLATFORM_SOURCE_H

#include "platform/reference/reference.h"
#include "platform/reference/sources.h"

struct counter_source {
    struct reference ref; /* its public face; the first member, so that one is found from the other */

    /*
     * Finds the counter, gets it going, and fills in bits, period and tolerance. Returns NULL, or why it
     * cannot be used, as a sentence's middle.
     */
    const char *(*start)(const struct machine *machine, struct reference *ref);
    /*
     * Two ways to read the counter once: TSC, counter, TSC; edge = false. Both return false if it could not
     * be read. The caller holds the counters' lock, or is alone.
     *
     * - read can be relied on by itself. It is for all uses but one.
     * - poll is the quickest, for finding the count's edge. It may be caught in a carry; that does no harm
     *   there, since a count that moved by more than one is no edge.
     */
    bool (*read)(struct reference_reading *out);
    bool (*poll)(struct reference_reading *out);

    /* Found by trying it. */
    uint64_t khz;         /* the TSC's rate by it */
    uint64_t count_ticks; /* TSC ticks a count, rounded up */
    uint64_t good_ticks;  /* how far off a good reading is: its width, and without an edge a count more */
    bool coarse;          /* a count lasts longer than a reading: its edge can be found */
    bool stepping;        /* an emulator's: it moves by several counts at once, so no edge is exact */
};

#define SOURCE_EXTERN(source, name, linux_option, floor) extern struct counter_source source;
REFERENCE_SOURCES(SOURCE_EXTERN)

static inline uint64_t counter_mask(const struct reference *ref)
{
    return ref->bits >= 64 ? UINT64_MAX : (1ull << ref->bits) - 1;
}

/*
 * reading.c, without the lock: nobody else calls read and poll. Return false for a reading of all ones too: a
 * device that does not answer gives that, and a counter that truly stands there does not do so for long.
 */
bool source_read(const struct counter_source *source, struct reference_reading *out);
bool source_poll(const struct counter_source *source, struct reference_reading *out);
/* The tightest of a few readings, for trial.c. */
bool source_read_best(const struct counter_source *source, struct reference_reading *out);
/*
 * The count alone, under the lock, for wait.c. Returns false if it cannot be read, or the lock is not free.
 */
bool source_count(const struct counter_source *source, uint64_t *count);
/* find.c: returns the best one, NULL if there is none. */
const struct counter_source *source_best(void);

/* trial.c: trying a timer before it is relied on. */

/* Returns false if the count does not move within a bounded number of readings. */
bool trial_counts(const struct counter_source *source);

/*
 * Runs all sources side by side for some 20 ms by at least two of them, with a bound in spins, and sets each
 * one's khz: the TSC's rate as seen by it, 0 where that cannot be judged.
 */
void trial_rates(struct counter_source *const *sources, unsigned count);

/* Needs khz. Finds out whether edges can be seen and are true ones, and how good a reading is. */
void trial_edges(struct counter_source *source);

/* find.c: which of the timers are right, when they do not agree. Pure. */

/* Returns true if two rates (in one unit, below 2^54) are within 0.2 % of each other, and neither is 0. */
bool rates_agree(uint64_t a, uint64_t b);
/* Returns by how much a differs from b, in thousandths of b, at most 999999. b is not 0. */
uint32_t rates_apart_permille(uint64_t a, uint64_t b);

/*
 * `rates` of the TSC by `count` timers, the preferred ones first; 0: this one cannot be judged. Returns the
 * index of the timer that the most agree with, the earliest of equals; `count` if all are 0.
 */
unsigned rates_winner(const uint64_t *rates, unsigned count);

#endif
