/*
 * The reference window at start-up: from readings on one CPU, before any rate is known, it makes a nominal
 * scale and an estimate. One window serves all CPUs (T8).
 */
#ifndef TIME_WINDOW_H
#define TIME_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "time/bracket.h"
#include "time/estimate.h"

#define WINDOW_MAX 24u

struct window {
    struct counter counter;
    uint64_t origin; /* the first reading's count: R is 0 there */
    unsigned count;
    struct bracket bracket[WINDOW_MAX];
};

void window_init(struct window *window, const struct counter *counter);

/*
 * Adds a raw reading (the count masked to the counter's bits). Which wrap it is follows from the rate so far;
 * the first two readings must lie within half a wrap of each other. Returns false if the window is full, or
 * the TSC went back.
 */
bool window_add(struct window *window, uint64_t count, bool edge, uint64_t tsc_lo, uint64_t tsc_hi);

/* Returns R at `tsc`, as the window's readings extrapolate; `tsc` not before the first of them. */
int64_t window_expect_ns(const struct window *window, uint64_t tsc);

/*
 * Takes the rate over the whole window as the nominal scale, puts every bracket into the estimate, and gives
 * its outlook. Returns false for fewer than two readings, an impossible frequency, or readings that
 * contradict one another (a missed wrap): start again.
 */
bool window_close(const struct window *window, struct crystal crystal, struct estimate *estimate,
                  struct outlook *outlook);

/* Returns ticks per s between two brackets' middles; 0 when they are less than 1 us apart or out of range. */
uint64_t bracket_hz(const struct bracket *first, const struct bracket *last);

#endif
