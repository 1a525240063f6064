/*
 * A TSC that is not what it was: a pure function of the real one, piece by piece. Each piece begins at a real
 * TSC and runs at the real rate, plus so many millionths of it.
 */
#ifndef TEST_FAULTS_WARP_H
#define TEST_FAULTS_WARP_H

#include <stdbool.h>
#include <stdint.h>

#define WARP_PIECES   12u
#define WARP_FROZEN   (-1000000) /* a rate, ppm: it does not count at all */
#define WARP_MOST_PPM 1000000

struct warp {
    unsigned count;
    struct warp_piece {
        uint64_t real, tsc; /* from where on, and what it shows there */
        int32_t rate_ppm;
    } piece[WARP_PIECES];
};

/* From real TSC 0 on. */
void warp_start(struct warp *warp, int64_t skew_ticks, int32_t rate_ppm);

/* Each begins at real TSC `at`, not before the last. Returns false if there is no room for another piece. */
bool warp_jump(struct warp *warp, uint64_t at, int64_t ticks);
bool warp_rate(struct warp *warp, uint64_t at, int32_t rate_ppm);
bool warp_freeze(struct warp *warp, uint64_t at, uint64_t ticks); /* then on, as before and behind by that */

uint64_t warp_tsc(const struct warp *warp, uint64_t real);
unsigned warp_piece_at(const struct warp *warp, uint64_t real); /* its number */

/* Returns true if it is the real TSC plus a constant, `*offset`. */
bool warp_is_offset(const struct warp *warp, int64_t *offset);

#endif
