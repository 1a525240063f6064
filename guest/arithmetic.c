#include "arithmetic.h"

#define SECOND_NS 1000000000
#define MAX_HZ    18000000000ull /* a second's ticks times 10^9 fit in 64 bits */
#define FIRST_S   2000000000
#define MOST      1000000 /* settings */

int64_t rate_ppb(const struct meridian_sample *first, const struct meridian_sample *last)
{
    uint64_t hz = last->cpu_freq, ticks = last->tsc - first->tsc;

    if (!hz || hz > MAX_HZ || ticks / hz > 1000000000)
        return RATE_UNKNOWN;

    int64_t expected_ns = (int64_t)(ticks / hz * SECOND_NS + ticks % hz * SECOND_NS / hz);
    int64_t off_ns = (int64_t)(meridian_raw_ns(last) - meridian_raw_ns(first)) - expected_ns;
    if (expected_ns <= 0 || off_ns > INT64_MAX / SECOND_NS || off_ns < -(INT64_MAX / SECOND_NS))
        return RATE_UNKNOWN;
    return off_ns * SECOND_NS / expected_ns;
}

struct meridian_utc utc_plus(struct meridian_utc utc, int64_t ns)
{
    int64_t sec = ns / SECOND_NS, rest = ns % SECOND_NS + utc.nsec;

    if (rest < 0) {
        rest += SECOND_NS;
        sec--;
    }
    return (struct meridian_utc){utc.sec + sec + rest / SECOND_NS, (uint32_t)(rest % SECOND_NS)};
}

/* Multiplies in two parts: the product of ns and ppb would overflow after some hours. */
static int64_t steered_ns(int64_t gone_ns, uint32_t ppb)
{
    return gone_ns / SECOND_NS * ppb + gone_ns % SECOND_NS * ppb / SECOND_NS;
}

struct meridian_utc wall_own_at(const struct wall_own *own, uint64_t now_ns)
{
    int64_t gone_ns = (int64_t)(now_ns - own->since_ns);

    return utc_plus(own->utc, gone_ns + steered_ns(gone_ns, own->steer_ppb));
}

/* Two numbers have the same ns only if they are MOST apart, and no run makes so many settings. */
struct meridian_utc wall_of_number(int64_t number)
{
    int64_t away = number % 4 < 2 ? number : -number;

    return (struct meridian_utc){FIRST_S + away, (uint32_t)(number * 7919 % MOST * 997)};
}

int64_t wall_number_of(struct meridian_utc utc)
{
    int64_t number = utc.sec < FIRST_S ? FIRST_S - utc.sec : utc.sec - FIRST_S;

    if (number >= MOST)
        return WALL_NO_NUMBER;
    struct meridian_utc whole = wall_of_number(number);
    return whole.sec == utc.sec && whole.nsec == utc.nsec ? number : WALL_NO_NUMBER;
}
