/* The reference timers from inside: what the drivers give to reference_find.c and reference_sample.c. */
#ifndef PLATFORM_COUNTERS_H
#define PLATFORM_COUNTERS_H

#include "platform/reference/reference.h"

struct counter_source {
    struct reference ref; /* its public face; the first member, so that one is found from the other */

    /*
     * Finds the counter, gets it going, and fills in bits, period and tolerance. Returns NULL, or why it
     * cannot be used, as a sentence's middle.
     */
    const char *(*start)(const struct machine *machine, struct reference *ref);
    /*
     * One reading: TSC, counter, TSC, edge = false. `raw` is the quickest, for polling; `checked` is one to
     * rely on by itself. The caller holds the counters' lock, or is alone.
     */
    bool (*raw)(struct reference_reading *out);
    bool (*checked)(struct reference_reading *out);

    /* Found by trying it. */
    uint64_t khz;         /* the TSC's rate by it */
    uint64_t count_ticks; /* TSC ticks a count, rounded up */
    uint64_t good_ticks;  /* how far off a good sample is: its width, without an edge a count more */
    bool coarse;          /* a count lasts longer than a reading: its edge can be found */
    bool stepping;        /* an emulator's, that moves several counts at once, so that no edge is exact */
};

extern struct counter_source hpet_source, pmtimer_source, pit_source;

static inline uint64_t counter_mask(const struct reference *ref)
{
    return ref->bits >= 64 ? UINT64_MAX : (1ull << ref->bits) - 1;
}

/* reference_sample.c. Without the lock, for reference_trial. */
bool source_sample(const struct counter_source *source, struct reference_reading *out);
bool source_read(const struct reference *self, struct reference_reading *out); /* ref.read: takes the lock */
/* The count alone, under the lock, for reference_wait. False: the reading failed, or the lock is not free. */
bool source_count(const struct counter_source *source, uint64_t *count);
/* reference_find.c: the best one, NULL if there is none. */
const struct counter_source *source_best(void);

#endif
