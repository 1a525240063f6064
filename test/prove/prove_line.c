/* Ticks to ns, and lines of system time. */
#include "prove.h"
#include "time/line.c"

/* Any scale; mul and shift as scale_from_hz and scale_deviate give them (claims "from-hz", "deviate"). */
static struct tsc_scale any_scale(uint32_t mul, int8_t shift)
{
    assume(mul >= SCALE_LEAST);
    return (struct tsc_scale){mul, shift};
}

/* Ticks that make up no more than LIFE_NS, whatever the rate: mul * 2^shift is at least 2^(31 + shift). */
static bool within_life(struct tsc_scale scale, uint64_t ticks)
{
    wide product = (wide)ticks * scale.mul;

    return (scale.shift < 0 ? product >> -scale.shift : product << scale.shift) <= (wide)LIFE_NS << 32;
}

/* The reader's product: never above the exact one, and less than 1 ns below; 2 ns where it drops ticks. */
void prove_product(uint64_t ticks, uint32_t mul, int8_t shift)
{
    struct tsc_scale scale = any_scale(mul, shift);
    wide exact = (wide)ticks * mul; /* in 2^-32 ns, or less */
    wide read, one = (wide)1 << 32;

    assume(within_life(scale, ticks));
    read = (wide)scale_reader_ns(scale, ticks) << 32;
    if (shift < 0) {
        read <<= -shift;
        one <<= -shift;
    } else {
        exact <<= shift;
    }
    claim(read <= exact);
    claim(exact - read < (shift < 0 ? 2 * one : one));
}

/* What a shift to the right leaves of the ticks is read to less than 1 ns. */
void prove_product_shifted(uint64_t ticks, uint32_t mul, int8_t shift)
{
    struct tsc_scale scale = any_scale(mul, shift);
    wide exact, read;

    assume(within_life(scale, ticks));
    exact = (wide)(shift < 0 ? ticks >> -shift : ticks << shift) * mul;
    read = (wide)scale_reader_ns(scale, ticks) << 32;
    claim(read <= exact && exact - read < (wide)1 << 32);
}

/* scale_exact_ns: all of the product but what is below 2^-32 ns; never below the reader. */
void prove_exact(uint64_t ticks, uint32_t mul, int8_t shift)
{
    struct tsc_scale scale = any_scale(mul, shift);
    wide exact = (wide)ticks * mul, got, one = 1;
    uint64_t ns;
    uint32_t frac;

    assume(within_life(scale, ticks));
    ns = scale_exact_ns(scale, ticks, &frac);
    got = (wide)ns << 32 | frac;
    if (shift < 0) {
        got <<= -shift;
        one <<= -shift;
    } else {
        exact <<= shift;
    }
    claim(got <= exact && exact - got < one);
    claim(ns >= scale_reader_ns(scale, ticks));
}

/* More ticks read as no less. */
void prove_monotone(uint64_t ticks, uint64_t more, uint32_t mul, int8_t shift)
{
    struct tsc_scale scale = any_scale(mul, shift);

    assume(more >= ticks);
    assume(within_life(scale, more));
    claim(shift >= 0 || more >> -shift >= ticks >> -shift);
    claim(scale_reader_ns(scale, more) >= scale_reader_ns(scale, ticks));
}

/*
 * A joint: whatever a reader got from the old line, at any TSC up to the joint, is at most where the new line
 * begins.
 */
void prove_joint(uint64_t old_tsc, uint64_t ns, uint32_t frac, uint32_t mul, int8_t shift, uint64_t joint,
                 uint64_t tsc, uint64_t step)
{
    struct line old = {old_tsc, ns, frac, any_scale(mul, shift)}, new;

    assume(ns <= LIFE_NS && step <= LIFE_NS);
    assume(joint >= old_tsc && within_life(old.scale, joint - old_tsc));
    assume(tsc <= joint);
    new = line_follow(&old, joint, old.scale, step);
    claim(new.tsc == joint &&new.ns >= ns + step);
    if (tsc > old_tsc) {
        uint64_t ticks = tsc - old_tsc, all = joint - old_tsc;

        claim(shift >= 0 || all >> -shift >= ticks >> -shift);
        claim(scale_reader_ns(old.scale, ticks) <= scale_reader_ns(old.scale, all));
    }
    claim(line_read(&old, tsc) <= new.ns);
}

/* Nothing is lost at a joint but what is below 2^-32 ns. */
void prove_joint_lossless(uint64_t ns, uint32_t frac, uint32_t mul, int8_t shift, uint64_t ticks)
{
    struct line old = {0, ns, frac, any_scale(mul, shift)}, new;
    wide before, after, one = 1;

    assume(ns <= LIFE_NS && ticks > 0);
    assume(within_life(old.scale, ticks));
    before = (wide)ticks * mul;
    if (shift < 0)
        one <<= -shift;
    else
        before <<= shift;
    before += ((wide)ns << 32 | frac) * one;
    new = line_follow(&old, ticks, old.scale, 0);
    after = ((wide) new.ns << 32 | new.frac) * one;
    claim(after <= before && before - after < one);
}

/* A span is at most SCALE_FAR_NS, and below it is the whole ns of the exact product; nothing overflows. */
void prove_span(uint64_t ticks, uint32_t mul, int8_t shift)
{
    struct tsc_scale scale = any_scale(mul, shift);
    int64_t ns = scale_span_ns(scale, ticks);
    uint32_t frac;

    claim(ns >= 0 && ns <= SCALE_FAR_NS);
    if (within_life(scale, ticks)) {
        uint64_t exact = scale_exact_ns(scale, ticks, &frac);

        claim(exact < (uint64_t)SCALE_FAR_NS ? ns == (int64_t)exact : ns == SCALE_FAR_NS);
    } else {
        claim(ns == SCALE_FAR_NS);
    }
}

/* From one TSC to another, signed: no overflow whatever the two are. */
void prove_between(uint64_t from, uint64_t to, uint32_t mul, int8_t shift)
{
    struct tsc_scale scale = any_scale(mul, shift);
    int64_t ns = scale_between_ns(scale, from, to);

    claim(ns >= -SCALE_FAR_NS && ns <= SCALE_FAR_NS);
    claim(to >= from ? ns >= 0 : ns <= 0);
    claim(ns == -scale_between_ns(scale, to, from));
}
