/* TSC ticks to ns, as pvclock does it: ((ticks << shift) * mul) >> 32, a negative shift to the right. */
#ifndef TIME_SCALE_H
#define TIME_SCALE_H

#include <stdbool.h>
#include <stdint.h>

struct tsc_scale {
    uint32_t mul; /* 2^31 .. 2^32 - 1: a rate is known to 0.47 ppb or better */
    int8_t shift;
};

#define SCALE_MIN_HZ 1000000ull
#define SCALE_MAX_HZ 16000000000ull

/* False outside SCALE_MIN_HZ..SCALE_MAX_HZ: no loop of ours ever sees a frequency of 0. */
bool scale_from_hz(uint64_t hz, struct tsc_scale *out);
uint64_t scale_to_hz(struct tsc_scale scale);

/* What a reader gets, bit for bit. Full 96-bit product: right for any 64-bit number of ticks. */
uint64_t scale_reader_ns(struct tsc_scale scale, uint64_t ticks);

/*
 * The same with nothing cut off: ns in the upper 64 bits' place, *frac the 2^-32 ns below. Never below the
 * reader's.
 */
uint64_t scale_exact_ns(struct tsc_scale scale, uint64_t ticks, uint32_t *frac);

/* ticks for a span of ns, rounded up; ns at most 10^9. */
uint64_t scale_ticks(struct tsc_scale scale, uint64_t ns);

/* nominal * (1 + deviation), deviation in q32, |deviation| at most 2^-8; mul rounded to the nearest. */
struct tsc_scale scale_deviate(struct tsc_scale nominal, int64_t deviation_q32);
/* scale / nominal - 1 in q32, to the nearest; the two within 2^-8 of each other. */
int64_t scale_deviation(struct tsc_scale nominal, struct tsc_scale scale);

#endif
