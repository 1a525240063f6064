#include "warp.h"

static uint64_t piece_tsc(const struct warp_piece *piece, uint64_t real)
{
    int64_t gone = (int64_t)(real - piece->real);

    return piece->tsc +
           (uint64_t)(gone + gone / 1000000 * piece->rate_ppm + gone % 1000000 * piece->rate_ppm / 1000000);
}

void warp_start(struct warp *warp, int64_t skew_ticks, int32_t rate_ppm)
{
    warp->count = 1;
    warp->piece[0] = (struct warp_piece){0, (uint64_t)skew_ticks, rate_ppm};
}

static bool add(struct warp *warp, struct warp_piece piece)
{
    if (warp->count == WARP_PIECES)
        return false;
    warp->piece[warp->count++] = piece;
    return true;
}

static const struct warp_piece *last(const struct warp *warp)
{
    return &warp->piece[warp->count - 1];
}

bool warp_jump(struct warp *warp, uint64_t at, int64_t ticks)
{
    struct warp_piece piece = {at, piece_tsc(last(warp), at) + (uint64_t)ticks, last(warp)->rate_ppm};

    return add(warp, piece);
}

bool warp_rate(struct warp *warp, uint64_t at, int32_t rate_ppm)
{
    struct warp_piece piece = {at, piece_tsc(last(warp), at), rate_ppm};

    return add(warp, piece);
}

bool warp_freeze(struct warp *warp, uint64_t at, uint64_t ticks)
{
    int32_t before_ppm = last(warp)->rate_ppm;

    return warp_rate(warp, at, WARP_FROZEN) && warp_rate(warp, at + ticks, before_ppm);
}

unsigned warp_piece_at(const struct warp *warp, uint64_t real)
{
    unsigned i = warp->count - 1;

    while (i > 0 && real < warp->piece[i].real)
        i--;
    return i;
}

uint64_t warp_tsc(const struct warp *warp, uint64_t real)
{
    return piece_tsc(&warp->piece[warp_piece_at(warp, real)], real);
}

bool warp_is_offset(const struct warp *warp, int64_t *offset)
{
    *offset = (int64_t)warp->piece[0].tsc;
    return warp->count == 1 && warp->piece[0].rate_ppm == 0;
}
