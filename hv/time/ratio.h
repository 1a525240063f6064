/*
 * A timer beside the reference, and what its count says of R. It is an estimate as a CPU's is, with the
 * timer's own ns in the place of the TSC: which CPU reads the timer is all the same.
 */
#ifndef TIME_RATIO_H
#define TIME_RATIO_H

#include <stdbool.h>
#include <stdint.h>

#include "time/bracket.h"
#include "time/estimate.h"
#include "time/fixed.h"

/* Solving takes time by the square of them, and more would make the bound narrower by a hundredth or two. */
#define RATIO_BRACKETS 4u

struct ratio {
    struct counter counter;
    uint64_t origin; /* its count where its own ns are 0 */
    struct estimate estimate;
    struct outlook outlook; /* R at the timer's own ns; valid while estimate.count is not 0 */
};

/* One reading of the timer, and where R was at that instant, as is known from elsewhere. */
struct sighting {
    uint64_t count; /* masked to the counter's bits; it is `edge` as in a reading */
    bool edge;
    struct range ref_ns;
};

/* Starts, or starts again, with nothing known. `wander_ppb_s`: how fast the two may part. */
void ratio_init(struct ratio *ratio, const struct counter *counter, uint32_t wander_ppb_s);

/* Returns true if sums of a few such cannot overflow. */
bool ratio_near(struct range ref_ns);

/*
 * Returns false if it is not sure which wrap of the counter was seen, were R within seen->ref_ns. Else *own
 * is when it was, in the timer's own ns. Something must be known.
 */
bool ratio_place(const struct ratio *ratio, const struct sighting *seen, struct range *own);

/* Returns where R is, by this timer alone, while its own ns are within `own`. */
struct range ratio_ref_ns(const struct ratio *ratio, struct range own);

/* Returns true if the timer, by what is known of it, may have shown this while R was within seen->ref_ns. */
bool ratio_fits(const struct ratio *ratio, const struct sighting *seen);

/*
 * Takes a sighting in. Returns false if it contradicts what was known, or its wrap is not sure: then it alone
 * is known from now on.
 */
bool ratio_add(struct ratio *ratio, const struct sighting *seen);

/* Returns by how many ppb the timer is faster than R's nominal rate, rounded outwards. */
struct range ratio_ppb(const struct ratio *ratio);

/* A timer as a reference that goes on as R did, from the beginning of one of its counts on. */
struct relay {
    struct counter counter; /* by the rate that R had on it */
    int64_t base_ns;        /* R at that beginning, ... */
    int64_t slack_ns;       /* ... and how far R may have been off that; */
    uint32_t slack_ppb;     /* so much of the time since then comes on top */
};

/* Makes one. `own` is a reading's, by ratio_place. A count lasts a ns at least. */
struct relay ratio_relay(const struct ratio *ratio, struct range own);

#endif
