#include "time/line.h"

#include "time/fixed.h"

/*
 * 10^9 / hz = mul / 2^32 * 2^shift. With hz from 10^9 to 2 * 10^9 the quotient has 32 bits as it is; below,
 * it is brought there, and beyond 2 GHz the frequency gives up low bits instead (below 0.5 ppb of it).
 */
bool scale_from_hz(uint64_t hz, struct tsc_scale *out)
{
    uint64_t ns = (uint64_t)NS_PER_S << 32;
    int8_t shift = 0;

    if (hz < SCALE_MIN_HZ || hz > SCALE_MAX_HZ)
        return false;
    while (hz > 2 * (uint64_t)NS_PER_S) {
        hz >>= 1;
        shift--;
    }
    while (ns / hz > UINT32_MAX) {
        ns >>= 1;
        shift++;
    }
    out->mul = (uint32_t)(ns / hz);
    out->shift = shift;
    return true;
}

/* hz = 10^9 * 2^(32 - shift) / mul, the quotient carried to 16 more bits through its remainder. */
uint64_t scale_to_hz(struct tsc_scale scale)
{
    uint64_t numerator = (uint64_t)NS_PER_S << 33;
    uint64_t quotient = numerator / scale.mul;
    uint64_t more = ((numerator % scale.mul) << 16) / scale.mul;
    uint64_t hz_q16 = quotient << 16 | more; /* times 2^(-shift - 1) */
    int places = 16 + 1 + scale.shift;       /* above 0: up to SCALE_MAX_HZ no shift is below -5 */

    return (hz_q16 + (1ull << (places - 1))) >> places;
}

uint64_t scale_reader_ns(struct tsc_scale scale, uint64_t ticks)
{
    ticks = scale.shift < 0 ? ticks >> -scale.shift : ticks << scale.shift;
    return (uint64_t)(((unsigned __int128)ticks * scale.mul) >> 32);
}

uint64_t scale_exact_ns(struct tsc_scale scale, uint64_t ticks, uint32_t *frac)
{
    unsigned __int128 product = (unsigned __int128)ticks * scale.mul;

    product = scale.shift < 0 ? product >> -scale.shift : product << scale.shift;
    *frac = (uint32_t)product;
    return (uint64_t)(product >> 32);
}

/* ns * 2^(32 - shift) / mul: ns < 2^30, so ns << 32 divides in 64 bits; the rest is a shift. */
uint64_t scale_ticks(struct tsc_scale scale, uint64_t ns)
{
    uint64_t ticks;

    if (ns > (uint64_t)NS_PER_S)
        ns = (uint64_t)NS_PER_S;
    ticks = (ns << 32) / scale.mul + 1;
    return scale.shift < 0 ? ticks << -scale.shift : (ticks >> scale.shift) + 1;
}

struct tsc_scale scale_deviate(struct tsc_scale nominal, int64_t deviation_q32)
{
    int64_t mul_q32 = (int64_t)nominal.mul * deviation_q32;                   /* |.| < 2^32 * 2^24: fits */
    int64_t mul = (int64_t)nominal.mul * 2 + ((mul_q32 + (1ll << 30)) >> 31); /* times 2 */
    struct tsc_scale out = nominal;

    if (mul >= 2ll * UINT32_MAX) {
        out.shift++;
        mul >>= 1;
    } else if (mul < 1ll << 32) {
        out.shift--;
        mul <<= 1;
    }
    out.mul = (uint32_t)((mul + 1) >> 1);
    return out;
}

int64_t scale_deviation(struct tsc_scale nominal, struct tsc_scale scale)
{
    int64_t difference, places = scale.shift - nominal.shift;
    int64_t a = (int64_t)scale.mul, b = (int64_t)nominal.mul;

    if (places > 0)
        a <<= places;
    else
        b <<= -places;
    difference = a - b; /* |.| < 2^33 * 2^-8 */
    return (difference * Q32_ONE + (difference < 0 ? -b / 2 : b / 2)) / b;
}

int64_t scale_span_ns(struct tsc_scale nominal, uint64_t ticks)
{
    /* What does not fit in 64 bits once it is shifted is 292 years at the least. */
    bool far = nominal.shift > 0 && ticks >> (64 - nominal.shift);
    uint32_t frac;
    uint64_t ns = far ? SCALE_FAR_NS : scale_exact_ns(nominal, ticks, &frac);

    return ns < SCALE_FAR_NS ? (int64_t)ns : SCALE_FAR_NS;
}

/* A TSC that was written to can be any distance off. */
int64_t scale_between_ns(struct tsc_scale nominal, uint64_t from, uint64_t to)
{
    return to >= from ? scale_span_ns(nominal, to - from) : -scale_span_ns(nominal, from - to);
}

uint64_t line_read(const struct line *line, uint64_t tsc)
{
    return tsc <= line->tsc ? line->ns : line->ns + scale_reader_ns(line->scale, tsc - line->tsc);
}

struct line line_follow(const struct line *old, uint64_t tsc_joint, struct tsc_scale scale, uint64_t step_ns)
{
    struct line line = {.tsc = tsc_joint, .ns = old->ns + step_ns, .frac = old->frac, .scale = scale};
    uint64_t frac_sum;
    uint32_t frac;

    if (tsc_joint > old->tsc) {
        line.ns += scale_exact_ns(old->scale, tsc_joint - old->tsc, &frac);
        frac_sum = (uint64_t)old->frac + frac;
        line.ns += frac_sum >> 32;
        line.frac = (uint32_t)frac_sum;
    }
    return line;
}
