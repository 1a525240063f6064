/* The reader's arithmetic: point, growth, bound, interval, wall time. Sums that may wrap round are meant. */
#include "meridian/clock.h"
#include "prove.h"
#include "time/line.c"

#define BILLION 1000000000

/* Hypervisor and guest read the same, bit for bit, for any ticks that still fit once they are shifted. */
void prove_same(uint64_t ticks, uint32_t mul, int8_t shift)
{
    assume(shift <= 0 || ticks >> (64 - shift) == 0);
    claim(meridian_scale(ticks, mul, shift) == scale_reader_ns((struct tsc_scale){mul, shift}, ticks));
}

/* The growth of a bound is never below ns * ppb / 10^9, for any ns: no product or sum wraps round. */
void prove_growth(uint64_t ns, uint32_t ppb)
{
    assume(ppb <= MERIDIAN_MAX_PPB);
    claim((wide)meridian_growth_ns(ns, ppb) * BILLION >= (wide)ns * ppb);
}

/* It is above that by no more than 0.03 % of it, 1 ns in 2^32, and 2 ns. */
void prove_growth_close(uint64_t ns, uint32_t ppb)
{
    wide most;

    assume(ppb <= MERIDIAN_MAX_PPB);
    assume(ns <= LIFE_NS);
    most = (wide)ns * ppb / 100000 * 100030 + 100030 + ((wide)ns >> 32) * BILLION + 3 * (wide)BILLION;
    claim((wide)meridian_growth_ns(ns, ppb) * BILLION <= most);
}

static struct meridian_sample sample_of(uint64_t system_time, uint64_t age_ns, uint64_t err_ns,
                                        uint32_t err_ppb)
{
    return (struct meridian_sample){
        .system_time = system_time, .age_ns = age_ns, .err_ns = err_ns, .err_ppb = err_ppb};
}

/* The bound is what was published and its growth, and 100 ppm more after a second; or it is unknown. */
void prove_bound(uint64_t age_ns, uint64_t err_ns, uint32_t err_ppb)
{
    struct meridian_sample sample = sample_of(0, age_ns, err_ns, err_ppb);
    uint64_t bound = meridian_bound_ns(&sample);
    wide least = (wide)err_ns * BILLION + (wide)age_ns * err_ppb;

    if (bound == MERIDIAN_UNKNOWN_NS)
        return;
    claim(err_ppb <= MERIDIAN_MAX_PPB);
    claim((wide)bound * BILLION >= least);
    if (age_ns > MERIDIAN_FRESH_NS)
        claim((wide)bound * BILLION >= least + (wide)(age_ns - MERIDIAN_FRESH_NS) * MERIDIAN_STALE_PPB);
}

/* A bound that is in range is given, and not called unknown, for as long as a record may be believed. */
void prove_bound_known(uint64_t age_ns, uint64_t err_ns, uint32_t err_ppb)
{
    struct meridian_sample sample = sample_of(0, age_ns, err_ns, err_ppb);

    assume(age_ns <= MERIDIAN_DEAD_NS);
    assume(err_ns <= LIFE_NS);
    assume(err_ppb <= MERIDIAN_MAX_PPB);
    claim(meridian_bound_ns(&sample) < LIFE_NS * 2);
}

/* The interval holds the raw line and the bound on either side, cut off at 0 and at all ones. */
void prove_interval(uint64_t point_ns, uint64_t system_time, uint64_t age_ns, uint64_t err_ns,
                    uint32_t err_ppb)
{
    struct meridian_sample sample = sample_of(system_time, age_ns, err_ns, err_ppb);
    struct meridian_interval got;
    uint64_t raw, err = meridian_bound_ns(&sample);

    assume(system_time <= LIFE_NS);
    assume(age_ns <= LIFE_NS);
    raw = meridian_raw_ns(&sample);
    got = meridian_interval(point_ns, &sample);
    claim(raw == system_time + age_ns && got.now_ns == point_ns && got.err_ns == err);
    claim(got.earliest_ns <= raw && raw <= got.latest_ns);
    claim(got.earliest_ns == 0 || got.earliest_ns + (wide)err == raw);
    claim(got.latest_ns == UINT64_MAX || got.latest_ns == raw + (wide)err);
    claim(err != MERIDIAN_UNKNOWN_NS || (got.earliest_ns == 0 && got.latest_ns == UINT64_MAX));
}

/* The short way of a fresh record: the same point, an interval that holds the long way's; nothing wraps. */
void prove_fresh(uint64_t system_time, uint64_t shifted, uint64_t err_ns, uint32_t err_ppb, uint32_t mul)
{
    struct meridian_sample sample = sample_of(system_time, 0, err_ns, err_ppb);
    struct meridian_interval got;
    wide growth;

    sample.tsc_to_system_mul = mul;
    assume(mul >= SCALE_LEAST);
    assume(meridian_is_plain(&sample));
    assume(shifted <= MERIDIAN_FRESH_NS);
    got = meridian_fresh(&sample, shifted);
    sample.age_ns = meridian_scale(shifted, mul, 0);
    claim(got.now_ns == meridian_raw_ns(&sample));
    claim(got.earliest_ns <= got.now_ns && got.now_ns <= got.latest_ns);
    claim(got.now_ns - got.earliest_ns == got.err_ns && got.latest_ns - got.now_ns == got.err_ns);
    claim(got.err_ns >= err_ns);
    growth = got.err_ns - err_ns;
    claim(growth * BILLION >= (wide)sample.age_ns * err_ppb);
}

/* UTC at a stamp, moved on by any ns of 146 years either way: exact, and its ns are below a second. */
void prove_utc(int64_t wall_sec, uint32_t wall_nsec, int64_t ns)
{
    struct meridian_sample sample = {.wall_sec = wall_sec, .wall_nsec = wall_nsec};
    struct meridian_utc utc;

    assume(wall_sec >= -((int64_t)1 << 40));
    assume(wall_sec <= (int64_t)1 << 40);
    assume(wall_nsec < BILLION);
    utc = meridian_utc_at(&sample, ns);
    claim(utc.nsec < BILLION);
    claim((signed_wide)utc.sec * BILLION + utc.nsec ==
          (signed_wide)wall_sec * BILLION + wall_nsec + (signed_wide)ns);
}
