/* Scales from rates and back, and the deviation of one scale from another. */
#include "prove.h"
#include "time/line.c"

/*
 * The scale of any rate of 1 MHz to 16 GHz: mul and shift are in range. A second of ticks reads as less than
 * 1 ns below a second where the rate is kept whole (up to 2 GHz), and within 1 ns of it beyond.
 */
void prove_from_hz(uint64_t hz)
{
    struct tsc_scale scale;
    wide second, one = (wide)1 << 42;

    if (!scale_from_hz(hz, &scale)) {
        claim(hz < SCALE_MIN_HZ || hz > SCALE_MAX_HZ);
        return;
    }
    claim(hz >= SCALE_MIN_HZ && hz <= SCALE_MAX_HZ);
    claim(scale.mul >= SCALE_LEAST && scale.shift >= -3 && scale.shift <= 10);
    second = (wide)hz * scale.mul << 10; /* in 2^-42 ns, before the shift */
    second = scale.shift < 0 ? second >> -scale.shift : second << scale.shift;
    if (hz <= 2000000000)
        claim(second <= NS_PER_S * one);
    claim(second < (NS_PER_S + 1) * one);
    claim(second > (NS_PER_S - 1) * one);
}

static signed_wide distance(signed_wide a, signed_wide b)
{
    return a < b ? b - a : a - b;
}

/* The rate of a scale, 10^9 * 2^(32 - shift) / mul Hz, to the nearest: half a Hz, and 2^-10 Hz more. */
void prove_to_hz(uint32_t mul, int8_t shift)
{
    signed_wide product, second, tick;
    uint64_t hz;

    assume(mul >= SCALE_LEAST);
    hz = scale_to_hz((struct tsc_scale){mul, shift});
    claim(hz > 0 && hz <= 64000000000);
    product = (signed_wide)hz * mul * 1024;
    second = (signed_wide)NS_PER_S << (shift < 0 ? 42 - shift : 42);
    tick = (signed_wide)mul * 513;
    claim(distance(shift < 0 ? product : product << shift, second) <= (shift < 0 ? tick : tick << shift));
}

/* A scale that deviates by up to 2^-8: mul is in range, and is the nearest but for a quarter of its unit. */
void prove_deviate(uint32_t mul, int64_t deviation_q32)
{
    struct tsc_scale out;
    signed_wide got, exact, unit = (signed_wide)1 << 33; /* all in 2^-33 of the nominal mul's unit */

    assume(mul >= SCALE_LEAST);
    assume(deviation_q32 >= -(1 << 24) && deviation_q32 <= 1 << 24);
    out = scale_deviate((struct tsc_scale){mul, 0}, deviation_q32);
    claim(out.mul >= SCALE_LEAST && out.shift >= -1 && out.shift <= 1);
    exact = 2 * (signed_wide)mul * (Q32_ONE + deviation_q32);
    got = (signed_wide)out.mul * unit;
    if (out.shift > 0) {
        got *= 2;
        unit *= 2;
    } else if (out.shift < 0) {
        exact *= 2;
        got *= 1;
    }
    claim(distance(got, exact) <= unit * 3 / 4);
}

/* The deviation of two scales within 2^-8 of each other, to the nearest. */
void prove_deviation(uint32_t mul, uint32_t nominal_mul, int8_t places)
{
    struct tsc_scale scale = {mul, places}, nominal = {nominal_mul, 0};
    signed_wide a = mul, b = nominal_mul, got;

    assume(mul >= SCALE_LEAST);
    assume(nominal_mul >= SCALE_LEAST);
    if (places > 0)
        a *= 2;
    if (places < 0)
        b *= 2;
    assume(a * 256 <= b * 257 && a * 256 >= b * 255);
    got = scale_deviation(nominal, scale);
    claim(got >= -(1 << 24) && got <= 1 << 24);
    claim(distance(got * b, (a - b) * Q32_ONE) * 2 <= b + 1);
}

/* Ticks for a span: they last at least so long, for a reader of the scale too; at most two ticks more. */
void prove_ticks(uint64_t ns, uint32_t mul, int8_t shift)
{
    struct tsc_scale scale = {mul, shift};
    uint64_t ticks;
    wide exact;

    assume(mul >= SCALE_LEAST);
    assume(ns <= (uint64_t)NS_PER_S);
    ticks = scale_ticks(scale, ns);
    claim(ticks > 0 && ticks < (uint64_t)1 << 42);
    exact = (wide)ticks * mul; /* shifted in what follows */
    if (shift < 0) {
        claim(exact >> -shift >= (wide)ns << 32);
    } else {
        claim(exact << shift >= (wide)ns << 32);
    }
}
