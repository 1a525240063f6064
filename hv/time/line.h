/* TSC ticks to ns by a scale, and the lines of system time that are made of one. */
#ifndef TIME_LINE_H
#define TIME_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* As pvclock does it: ns = ((ticks << shift) * mul) >> 32, a negative shift to the right. */
struct tsc_scale {
    uint32_t mul; /* 2^31 .. 2^32 - 1: a rate is known to 0.47 ppb or better */
    int8_t shift;
};

#define SCALE_MIN_HZ 1000000ull
#define SCALE_MAX_HZ 16000000000ull
#define SCALE_FAR_NS (1ll << 60) /* 36 years: sums of a few such, and of R, stay inside 64 bits */

/* Returns false outside SCALE_MIN_HZ..SCALE_MAX_HZ: no loop of ours ever sees a frequency of 0. */
bool scale_from_hz(uint64_t hz, struct tsc_scale *out);
uint64_t scale_to_hz(struct tsc_scale scale);

/*
 * Returns what a reader gets, bit for bit. The 96-bit product is whole: right for any 64-bit number of ticks.
 */
uint64_t scale_reader_ns(struct tsc_scale scale, uint64_t ticks);

/*
 * The same with nothing cut off: returns whole ns, and in *frac the 2^-32 ns below. Never below the reader's.
 */
uint64_t scale_exact_ns(struct tsc_scale scale, uint64_t ticks, uint32_t *frac);

/* Returns ticks for a span of ns, rounded up; ns at most 10^9. */
uint64_t scale_ticks(struct tsc_scale scale, uint64_t ns);

/* nominal * (1 + deviation), deviation in q32, |deviation| at most 2^-8; mul rounded to the nearest. */
struct tsc_scale scale_deviate(struct tsc_scale nominal, int64_t deviation_q32);
/* scale / nominal - 1 in q32, to the nearest; the two within 2^-8 of each other. */
int64_t scale_deviation(struct tsc_scale nominal, struct tsc_scale scale);

/* Returns the ns of a span of ticks, rounded down, at most SCALE_FAR_NS. */
int64_t scale_span_ns(struct tsc_scale scale, uint64_t ticks);
/* Returns the ns from one TSC to another, signed. */
int64_t scale_between_ns(struct tsc_scale nominal, uint64_t from, uint64_t to);

/*
 * A line of system time: what a record says, and the fraction below a ns that it cannot say. Lines follow one
 * another at joints. Each begins where the line before it is by then, so that S never goes back (T1, T2).
 */
struct line {
    uint64_t tsc;  /* the joint */
    uint64_t ns;   /* S there */
    uint32_t frac; /* and 2^-32 ns more, kept in private: without it every joint would lose up to a ns */
    struct tsc_scale scale;
};

/* Returns what a reader computes from this line; a TSC before the joint reads as the joint. */
uint64_t line_read(const struct line *line, uint64_t tsc);

/*
 * Returns the line that follows `old` at `tsc_joint` (not before old's own joint), at the rate `scale`,
 * `step_ns` higher (0 unless the timeline must go forward). It is nowhere below what a reader got from the
 * old line up to the joint: the exact value at the joint is at least the reader's, and so is its floor.
 */
struct line line_follow(const struct line *old, uint64_t tsc_joint, struct tsc_scale scale, uint64_t step_ns);

#endif
