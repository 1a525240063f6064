#include "time/change.h"

#include "time/fixed.h"
#include "time/window.h"

/* Below the limit on rates, or one that is just at it would be a disruption at each look for ever. */
#define LEAST_PPM (ESTIMATE_RATE_LIMIT_PPB / 1000 / 4 * 3)
#define AGREE_PPM 100u /* the new rate is one only if looks agree on it to within this and their widths */

void change_start(struct change *change, struct tsc_scale nominal)
{
    *change = (struct change){.start = nominal};
}

void change_forget(struct change *change)
{
    change->count = 0;
}

bool change_excluded(const struct outlook *outlook)
{
    int64_t near = q32_from_ppb(ESTIMATE_RATE_LIMIT_PPB / 16 * 15);

    return outlook->rate_lo > -near && outlook->rate_hi < near;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* By how much a rate between two brackets may be off, ppm. */
static uint64_t room_ppm(const struct bracket *first, const struct bracket *last, struct tsc_scale nominal)
{
    int64_t span_ns = max_i64(1000, last->ref_lo_ns - first->ref_lo_ns);
    int64_t width_ns = bracket_width_ns(first, nominal) + bracket_width_ns(last, nominal);

    return width_ns > span_ns ? 1000000 : (uint64_t)(width_ns * 1000 / (span_ns / 1000));
}

static bool agree(uint64_t hz, uint64_t other, uint64_t ppm)
{
    return apart(hz, other) <= hz / 1000000 * ppm;
}

/* Which wrap a count belongs to follows from a nominal rate: by that, R is off by a small part of one. */
static bool wrap_is_told(const struct bracket *first, const struct bracket *last, struct tsc_scale nominal,
                         int64_t room_ns)
{
    int64_t by_tsc_ns = scale_between_ns(nominal, first->tsc_lo, last->tsc_lo);

    return abs_i64(by_tsc_ns - (last->ref_lo_ns - first->ref_lo_ns)) < room_ns;
}

static bool wraps_are_told(const struct change *change, const struct bracket *bracket,
                           struct tsc_scale nominal, int64_t wrap_ns)
{
    return wrap_is_told(&change->last, bracket, nominal, wrap_ns / 4) &&
           wrap_is_told(&change->last, bracket, change->start, wrap_ns / 8);
}

bool change_seen(struct change *change, const struct bracket *bracket, struct tsc_scale nominal,
                 int64_t wrap_ns, bool disruption, struct tsc_scale *scale)
{
    uint64_t hz;

    if (change->count == 0 || !wraps_are_told(change, bracket, nominal, wrap_ns) ||
        !(hz = bracket_hz(&change->last, bracket)) ||
        (change->count > 1 &&
         !agree(hz, change->hz, AGREE_PPM + 2 * room_ppm(&change->last, bracket, nominal)))) {
        *change = (struct change){change->start, *bracket, *bracket, 0, 1};
        return false;
    }
    change->last = *bracket;
    change->hz = hz;
    if (++change->count < CHANGE_LOOKS || !disruption ||
        room_ppm(&change->first, bracket, nominal) > AGREE_PPM)
        return false;
    hz = bracket_hz(&change->first, bracket);
    change_forget(change);
    if (!hz || agree(hz, scale_to_hz(nominal), LEAST_PPM))
        return false;
    *scale = change->start; /* back where it began: all CPUs have that to the bit, and it is known better */
    return agree(hz, scale_to_hz(change->start), LEAST_PPM) || scale_from_hz(hz, scale);
}
