/*
 * A line of system time: what a record says, and the fraction below a ns that it cannot say. Lines follow one
 * another at joints, each beginning where the one before it is by then, so that S never goes back (T1, T2).
 */
#ifndef TIME_LINE_H
#define TIME_LINE_H

#include <stdint.h>

#include "time/scale.h"

struct line {
    uint64_t tsc;  /* the joint */
    uint64_t ns;   /* S there */
    uint32_t frac; /* and 2^-32 ns more, kept in private: without it every joint would lose up to a ns */
    struct tsc_scale scale;
};

/* What a reader computes from this line; a TSC before the joint reads as the joint. */
uint64_t line_read(const struct line *line, uint64_t tsc);

/*
 * The line that follows `old` at `tsc_joint` (not before old's own joint), at the rate `scale`, `step_ns`
 * higher (0 but when the timeline must go forward). Its ns is at no TSC less than what a reader gets from the
 * old line up to the joint: the exact value there is at least the reader's, and so is its floor.
 */
struct line line_follow(const struct line *old, uint64_t tsc_joint, struct tsc_scale scale, uint64_t step_ns);

#endif
