/* How far a crystal may have wandered. */
#include "prove.h"
#include "time/line.c"
#include "time/outlook.c"

#define WANDER_MOST 1000000u /* D, ppb a second: what the option takes */

/* D t^2 / 2 at least, up to 3000 s; from there on that of 3000 s. Nothing overflows for any age. */
void prove_wander_ns(uint32_t wander_ppb_s, int64_t age_ns)
{
    int64_t got;
    wide age = (wide)(age_ns < 0 ? -(signed_wide)age_ns : age_ns), ms;

    assume(wander_ppb_s <= WANDER_MOST);
    assume(age_ns >= -SCALE_FAR_NS);
    assume(age_ns <= SCALE_FAR_NS);
    got = wander_ns(wander_ppb_s, age_ns);
    claim(got >= 0);
    if (age > (wide)3000 * NS_PER_S)
        age = (wide)3000 * NS_PER_S;
    ms = (age + 999999) / 1000000;
    claim((wide)got * 2000000 >= wander_ppb_s * ms * ms);
    claim(ms * 1000000 >= age);
}

/* D t at least, as a rate in q32; or all of the range that a rate may have, from one end to the other. */
void prove_wander_q32(uint32_t wander_ppb_s, int64_t span)
{
    wide age, got;

    assume(wander_ppb_s <= WANDER_MOST);
    assume(span >= -SCALE_FAR_NS);
    assume(span <= SCALE_FAR_NS);
    age = (wide)(span < 0 ? -(signed_wide)span : span);
    got = (wide)wander_q32(wander_ppb_s, span);
    claim(got > 0);
    if (got < (wide)q32_from_ppb(2 * ESTIMATE_RATE_LIMIT_PPB))
        claim(got * NS_PER_S * NS_PER_S >= (wander_ppb_s * age) << 32);
}

/*
 * Spans that are capped at SCALE_FAR_NS are safe for the rate: with any wander at all nothing is known of it
 * by then but the limit that is assumed, from one end to the other.
 */
void prove_wander_capped(uint32_t wander_ppb_s, int64_t span)
{
    assume(wander_ppb_s > 0);
    assume(wander_ppb_s <= WANDER_MOST);
    assume(span >= (int64_t)2000000 * NS_PER_S);
    assume(span <= SCALE_FAR_NS);
    claim(wander_q32(wander_ppb_s, span) >= 2 * q32_from_ppb(ESTIMATE_RATE_LIMIT_PPB));
}
