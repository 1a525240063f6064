#include "time/window.h"

#include "time/fixed.h"

void window_init(struct window *window, const struct counter *counter)
{
    *window = (struct window){.counter = *counter};
}

/*
 * Ticks times 10^9 over ns in 64 bits: both are halved until the ticks fit, which costs below 1 ppb of the
 * quotient.
 */
uint64_t bracket_hz(const struct bracket *first, const struct bracket *last)
{
    uint64_t ticks = (last->tsc_lo / 2 + last->tsc_hi / 2) - (first->tsc_lo / 2 + first->tsc_hi / 2);
    int64_t ns = (last->ref_lo_ns + last->ref_hi_ns) / 2 - (first->ref_lo_ns + first->ref_hi_ns) / 2;

    if (ns < 1000 || last->tsc_lo < first->tsc_lo || ticks >> 40)
        return 0;
    /* ticks / ns in three steps of 10^3 each, remainders carried: no step overflows for ns below 2^50. */
    uint64_t hz = ticks / (uint64_t)ns, rest = ticks % (uint64_t)ns;
    for (int step = 0; step < 3; step++) {
        hz = hz * 1000 + rest * 1000 / (uint64_t)ns;
        rest = rest * 1000 % (uint64_t)ns;
    }
    return hz <= SCALE_MAX_HZ && hz >= SCALE_MIN_HZ ? hz : 0;
}

int64_t window_expect_ns(const struct window *window, uint64_t tsc)
{
    const struct bracket *first = &window->bracket[0], *last = &window->bracket[window->count - 1];
    struct tsc_scale scale;

    if (!scale_from_hz(bracket_hz(first, last), &scale))
        return last->ref_lo_ns;
    return first->ref_lo_ns + (int64_t)scale_reader_ns(scale, tsc - first->tsc_lo);
}

bool window_add(struct window *window, uint64_t count, bool edge, uint64_t tsc_lo, uint64_t tsc_hi)
{
    uint64_t expected;

    if (window->count == WINDOW_MAX || tsc_hi < tsc_lo)
        return false;
    if (window->count == 0)
        window->origin = count;
    else if (tsc_lo < window->bracket[window->count - 1].tsc_lo)
        return false;
    else {
        expected = window->origin + counter_from_ns(&window->counter, window_expect_ns(window, tsc_lo));
        count = counter_unwrap(&window->counter, expected, count);
    }
    if (count < window->origin)
        return false;
    window->bracket[window->count++] =
        bracket_from_count(&window->counter, window->origin, count, edge, tsc_lo, tsc_hi);
    return true;
}

bool window_close(const struct window *window, struct crystal crystal, struct estimate *estimate,
                  struct outlook *outlook)
{
    struct tsc_scale nominal;

    if (window->count < 2 ||
        !scale_from_hz(bracket_hz(&window->bracket[0], &window->bracket[window->count - 1]), &nominal))
        return false;
    estimate_init(estimate, nominal, crystal);
    for (unsigned i = 0; i < window->count; i++) {
        if (!estimate_add(estimate, &window->bracket[i], outlook))
            return false;
    }
    return true;
}
