/*
 * How a crystal departs from a wander of D: warm-ups, steps of its rate, slews, ripple, steps of its count.
 * Whether the crystal or the reference does it makes no difference to any reader. Sizes are of 1 (rates), or
 * s (counts).
 */
#ifndef SIM_BEND_H
#define SIM_BEND_H

enum law {
    LAW_WARMS,      /* its rate goes from 0 to `size` as 1 - exp(-t / every_ns) */
    LAW_RATE_STEPS, /* its rate steps by `size`, up or down, each every_ns */
    LAW_SLEWS,      /* its rate is `size` more for lasts_ns, each every_ns */
    LAW_NEW_RATES,  /* the same with lasts_ns of half of that: two rates by turns */
    LAW_RIPPLE,     /* its count goes to and fro by `size`, each every_ns */
    LAW_STEPS,      /* its count steps ahead by `size`, each every_ns */
};

struct bending {
    enum law law;
    long double size, every_ns, lasts_ns;
};

struct crystal_walk;

/*
 * At the beginning of a piece: does what is due, bends the piece's slope, and returns how long the piece may
 * last, at most `lasts`.
 */
long double bend_piece(struct crystal_walk *crystal, long double lasts);
/* By how much the count is off its mean at that time, in s. */
long double bend_phase_s(const struct bending *bending, long double ns);

#endif
