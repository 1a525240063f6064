/*
 * The reader: how a guest gets time out of Meridian's records, without a trap. For any x86-64 kernel; it
 * needs <stdint.h>, meridian/abi.h and meridian/access.h. It also reads Xen's own 32-byte record; its bound
 * is unknown.
 *
 *     struct meridian_clock clock = {
 *         .common = mapped[0], .pages = mapped, .where = my_vcpu, .yield = my_yield, .last_ns = &word};
 *     struct meridian_counts counts = {0};                        // one a VCPU: nothing here is locked
 *     uint64_t ns = meridian_now_ns(&clock, &counts);             // the point
 *     struct meridian_interval i = meridian_now(&clock, &counts); // earliest, point, latest
 *
 * Why a read is in order with everything that caused it, and costs one fence only:
 *
 *   version1 ; LFENCE ; RDTSC ; the line ; version1 and version2 again, at an address made from the TSC
 *
 * - RDTSC is not a load and may run ahead of older loads. LFENCE lets nothing younger begin before everything
 *   older is complete (SDM vol. 2, LFENCE and RDTSC; on AMD once LFENCE is dispatch-serialising, which is the
 *   hypervisor's to set). So the TSC is read after version1, and after any load that told this VCPU of
 *   another's time.
 * - Loads are not reordered with other loads (SDM vol. 3, 8.2.2), so the line is read between the versions.
 * - The second look takes both versions with one load of 8 bytes; that is no less than two loads with nothing
 *   in between.
 * - That look must not pass RDTSC. If it did, a reader could accept the old line and only then take a TSC
 *   from beyond the joint, where another VCPU uses the new line already. Nothing orders a load after RDTSC by
 *   itself, and a second LFENCE costs several ns. But no instruction starts before its operands exist: a zero
 *   computed from the TSC is added to their address. (AND with 0 is computed; XOR and SUB of a register with
 *   itself are known to give 0 and would not wait.) The cost is hidden: these loads wait for the TSC beside
 *   the multiply, which waits for it anyway.
 *
 * So the TSC of an accepted line was read while that line was in force; and the publisher, which marks all
 * records odd before it picks the joint, knows that nobody evaluates the old line beyond the joint.
 *
 * A fresh record has a short way of its own in meridian_now_ns() and meridian_now(). It is the same protocol
 * and the same arithmetic. But nothing that follows from the record alone waits for the TSC, nothing waits
 * for RDTSC's two halves to be put together, and point and bound come out of two products side by side. All
 * else goes the long way, out of line.
 *
 * In per-CPU mode a read has to know its VCPU before and after the TSC. A kernel that finds out by a load,
 * and not by a call, says so before it includes this file. The compiler must not make one look out of the
 * two:
 *
 *     #define MERIDIAN_WHERE(clock)     my_where()  // in the place of the hook `where`
 *     #define MERIDIAN_OWN(clock, vcpu) my_record() // its own record, in the place of meridian_slot()
 */
#ifndef MERIDIAN_CLOCK_H
#define MERIDIAN_CLOCK_H

#include <stdint.h>

#include "meridian/abi.h"
#include "meridian/access.h"

#define MERIDIAN_YIELD_TRIES 1000u /* failed tries, each with a PAUSE, before the yield hook is called */
#define MERIDIAN_FRESH_NS    1000000000u  /* past this age the publisher may be dead, and ... */
#define MERIDIAN_STALE_PPB   100000u      /* ... the bound grows by so much more: 100 ppm */
#define MERIDIAN_DEAD_NS     64000000000u /* past this age it is unknown: D t^2 / 2 would come to more */
#define MERIDIAN_MAX_PPB     999000000u   /* a bound that grows by a second a second says nothing: unknown */

/* What a reader went through. One a VCPU, or one a context that can interrupt another. */
struct meridian_counts {
    uint64_t retries; /* tries at a record that was being written, or that belonged elsewhere */
    uint64_t stalls;  /* times the yield hook was called */
    uint64_t early;   /* TSC before the record's stamp: read as the stamp's time */
    uint64_t clamps;  /* points raised by the shared word */
    uint64_t own;     /* no count: 0 at first; the long way's note for the short one (see there) */
};

struct meridian_clock {
    const struct meridian_record *common;       /* pages[0] again; NULL: every read goes the long way */
    const struct meridian_record *const *pages; /* the time pages as mapped, by index; NULL: plain Xen */
    const void *(*xen_time)(uint32_t vcpu);     /* plain Xen: where that VCPU's vcpu_time_info is */
    /*
     * Where the caller runs: the VCPU's id in the low 32 bits; not called in unified mode. Code that can be
     * moved twice within one read puts a count of moves into the high bits: there and back again is seen too.
     */
    uint64_t (*where)(void);
    void (*yield)(void); /* lets others run; NULL: none */
    uint64_t *last_ns;   /* one word for all VCPUs, 0 at first; not touched while records are STABLE */
};

/* A whole record, and the TSC read while it was in force. */
struct meridian_sample {
    uint64_t tsc, tsc_timestamp, system_time;
    uint32_t tsc_low, tsc_high; /* the same TSC, as RDTSC gives it */
    uint64_t age_ns;            /* from tsc_timestamp to tsc; 0 when the TSC is before the stamp */
    uint32_t version, tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint16_t disruptions;
    /* From here on 0 or unknown in Xen's record. */
    uint64_t cpu_freq, err_ns;
    int64_t wall_sec;
    uint32_t wall_nsec, err_ppb;
};

/* All ns since boot. err_ns all ones: bound unknown, and then earliest is 0 and latest all ones. */
struct meridian_interval {
    uint64_t earliest_ns, now_ns, latest_ns, err_ns;
};

struct meridian_utc {
    int64_t sec;
    uint32_t nsec;
};

/* The bound is the timeline's: an error in what the wall clock was set to is not in it. */
struct meridian_wall {
    struct meridian_utc earliest, now, latest;
    uint64_t err_ns;
};

/* Where the caller runs, and the own record of the VCPU that runs it. */
#ifndef MERIDIAN_WHERE
#define MERIDIAN_WHERE(clock) (clock)->where()
#endif
#ifndef MERIDIAN_OWN
#define MERIDIAN_OWN(clock, vcpu) meridian_slot(clock, vcpu)
#endif

/*
 * pvclock's shift, a negative one (a TSC beyond 2 GHz) to the right. Bits shifted out at the top stand for
 * more than 292 years.
 */
MERIDIAN_INLINE uint64_t meridian_shift(uint64_t ticks, int8_t shift)
{
    return MERIDIAN_MOSTLY(shift < 0) ? ticks >> (-shift & 63) : ticks << (shift & 63);
}

/*
 * TSC ticks to ns, exactly as pvclock: ((ticks << shift) * mul) >> 32. The 96-bit product is made of two
 * halves that cannot overflow.
 */
MERIDIAN_INLINE uint64_t meridian_scale(uint64_t ticks, uint32_t mul, int8_t shift)
{
    ticks = meridian_shift(ticks, shift);
    return (ticks >> 32) * mul + ((ticks & 0xffffffffu) * mul >> 32);
}

/* ns on this sample's line at any TSC; before its stamp, the stamp's time. */
static inline uint64_t meridian_line_ns(const struct meridian_sample *line, uint64_t tsc)
{
    int64_t ticks = (int64_t)(tsc - line->tsc_timestamp);
    return ticks <= 0 ? line->system_time
                      : line->system_time +
                            meridian_scale((uint64_t)ticks, line->tsc_to_system_mul, line->tsc_shift);
}

/*
 * Tries to read one record once, and returns nonzero if it was whole. `meridian`: the record is Meridian's;
 * else it is Xen's, which has only the first 32 bytes and a second word that stays 0. The fields are plain
 * loads between barriers for the compiler, so what a caller does not use costs nothing.
 */
MERIDIAN_INLINE int meridian_try(const void *where, int meridian, struct meridian_sample *out)
{
    const struct meridian_record *record = (const struct meridian_record *)where;
    uint32_t version = meridian_load(&record->version1); /* step R1: version1 */
    struct meridian_halves tsc = meridian_tsc_halves();  /* step R2: the TSC, not before version1 */

    out->tsc = meridian_join(tsc);
    out->tsc_low = tsc.low;
    out->tsc_high = tsc.high;
    out->version = version;
    /* step R3: the line */
    out->tsc_timestamp = MERIDIAN_FIELD(record->tsc_timestamp);
    out->system_time = MERIDIAN_FIELD(record->system_time);
    out->tsc_to_system_mul = MERIDIAN_FIELD(record->tsc_to_system_mul);
    out->tsc_shift = MERIDIAN_FIELD(record->tsc_shift);
    out->flags = MERIDIAN_FIELD(record->flags);
    out->disruptions = meridian ? MERIDIAN_FIELD(record->disruptions) : 0;
    out->cpu_freq = meridian ? MERIDIAN_FIELD(record->cpu_freq) : 0;
    out->wall_sec = meridian ? MERIDIAN_FIELD(record->wall_sec) : 0;
    out->wall_nsec = meridian ? MERIDIAN_FIELD(record->wall_nsec) : 0;
    out->err_ppb = meridian ? MERIDIAN_FIELD(record->err_ppb) : MERIDIAN_UNKNOWN_PPB;
    out->err_ns = meridian ? MERIDIAN_FIELD(record->err_ns) : MERIDIAN_UNKNOWN_NS;

    /* step R4: the versions again, not before the TSC */
    /* The low half alone: it is there before the two are put together. */
    record = (const struct meridian_record *)((uintptr_t)where + MERIDIAN_ZERO_AFTER(tsc.low));
    if (version & 1)
        return 0;
    return meridian ? meridian_load_versions(record) == ((uint64_t)version << 32 | version)
                    : meridian_load(&record->version1) == version;
}

/* VCPU n's own record, slot n + 1. The caller has mapped a page for every VCPU that `where` can name. */
static inline const struct meridian_record *meridian_slot(const struct meridian_clock *clock, uint32_t vcpu)
{
    uint64_t slot = (uint64_t)vcpu + 1;
    return clock->pages[slot / MERIDIAN_SLOTS_PER_PAGE] + slot % MERIDIAN_SLOTS_PER_PAGE;
}

/* Whether the common record says STABLE; it holds only if a whole copy says so too. */
MERIDIAN_INLINE int meridian_says_stable(const struct meridian_record *common)
{
    return common && MERIDIAN_LOAD(common->flags) & MERIDIAN_FLAG_TSC_STABLE;
}

MERIDIAN_INLINE int meridian_try_common(const struct meridian_record *common, struct meridian_sample *out)
{
    return meridian_try(common, 1, out) && out->flags & MERIDIAN_FLAG_TSC_STABLE;
}

/*
 * One try at the caller's own record, of Meridian's or of plain Xen's. It fails if the caller was not on one
 * VCPU from before the TSC was read until after it: the line and the TSC may be of two CPUs.
 */
MERIDIAN_INLINE int meridian_try_own(const struct meridian_clock *clock, int meridian,
                                     struct meridian_sample *out)
{
    uint64_t where = MERIDIAN_WHERE(clock);
    int whole = meridian ? meridian_try(MERIDIAN_OWN(clock, (uint32_t)where), 1, out)
                         : meridian_try(clock->xen_time((uint32_t)where), 0, out);
    return whole && MERIDIAN_WHERE(clock) == where;
}

/*
 * One try at the record that holds here: slot 0 while it says STABLE, so that the wait does not grow with
 * the number of VCPUs. Else this VCPU's own.
 */
MERIDIAN_INLINE int meridian_try_here(const struct meridian_clock *clock, struct meridian_sample *out)
{
    const struct meridian_record *common = clock->pages ? clock->pages[0] : 0;
    /* step S1: the common record while it says STABLE */
    if (meridian_says_stable(common))
        /* step S2: a whole copy must say so too */
        return meridian_try_common(common, out);
    return meridian_try_own(clock, common != 0, out);
}

/* After failed try number `tries`: a short wait, and now and then the processor for others. */
static inline __attribute__((cold)) void meridian_wait(const struct meridian_clock *clock,
                                                       struct meridian_counts *counts, uint32_t tries)
{
    counts->retries++;
    MERIDIAN_PAUSE();
    if (tries % MERIDIAN_YIELD_TRIES == 0 && clock->yield) {
        counts->stalls++;
        clock->yield();
    }
}

/* Signed: a TSC just before the stamp (skew within the publisher's margin) is not centuries after it. */
MERIDIAN_INLINE uint64_t meridian_ticks(const struct meridian_sample *sample, struct meridian_counts *counts)
{
    int64_t ticks = (int64_t)(sample->tsc - sample->tsc_timestamp);
    if (MERIDIAN_RARELY(ticks < 0)) {
        counts->early++;
        ticks = 0;
    }
    return (uint64_t)ticks;
}

MERIDIAN_INLINE void meridian_read_from(uint32_t tries, const struct meridian_clock *clock,
                                        struct meridian_counts *counts, struct meridian_sample *out)
{
    for (; !meridian_try_here(clock, out); tries++)
        meridian_wait(clock, counts, tries);
    out->age_ns = meridian_scale(meridian_ticks(out, counts), out->tsc_to_system_mul, out->tsc_shift);
}

/*
 * The raw read: a whole record that holds here, its TSC, and how old it is. It ends when the publisher has
 * stopped writing.
 */
MERIDIAN_INLINE void meridian_read(const struct meridian_clock *clock, struct meridian_counts *counts,
                                   struct meridian_sample *out)
{
    meridian_read_from(1, clock, counts, out);
}

MERIDIAN_INLINE uint64_t meridian_raw_ns(const struct meridian_sample *sample)
{
    return sample->system_time + sample->age_ns;
}

/* Raises a point to the highest that any VCPU has seen. An x86 locked instruction is a full barrier. */
static inline uint64_t meridian_clamp(uint64_t *last_ns, uint64_t ns, struct meridian_counts *counts)
{
    uint64_t seen = MERIDIAN_LOAD_LAST(last_ns);
    /* step S3: raised to the highest that any VCPU has seen */
    while (seen < ns)
        if (MERIDIAN_SWAP_LAST(last_ns, &seen, ns))
            return ns;
    counts->clamps += seen > ns;
    return seen;
}

/* A sample's time: raw where records are STABLE (no write is shared), else in order by the shared word. */
MERIDIAN_INLINE uint64_t meridian_in_order(const struct meridian_clock *clock, struct meridian_counts *counts,
                                           const struct meridian_sample *sample, uint64_t raw_ns)
{
    if (sample->flags & MERIDIAN_FLAG_TSC_STABLE || !clock->last_ns)
        return raw_ns;
    return meridian_clamp(clock->last_ns, raw_ns, counts);
}

MERIDIAN_INLINE uint64_t meridian_point_ns(const struct meridian_clock *clock, struct meridian_counts *counts,
                                           const struct meridian_sample *sample)
{
    return meridian_in_order(clock, counts, sample, meridian_raw_ns(sample));
}

/* ppb * 2^32 / 10^9 and a little more (4399 / 1024 is 0.02 % too much), for ppb up to MERIDIAN_MAX_PPB. */
MERIDIAN_INLINE uint32_t meridian_growth_factor(uint32_t ppb)
{
    return (uint32_t)(((uint64_t)ppb * 4399 >> 10) + 1);
}

/* ns * ppb / 10^9, rounded up; it cannot overflow. */
MERIDIAN_INLINE uint64_t meridian_growth_ns(uint64_t ns, uint32_t ppb)
{
    return meridian_scale(ns, meridian_growth_factor(ppb), 0) + 1;
}

/* The error bound at the sample's TSC, ns; all ones: unknown. */
MERIDIAN_INLINE uint64_t meridian_bound_ns(const struct meridian_sample *sample)
{
    if (MERIDIAN_RARELY(sample->err_ns == MERIDIAN_UNKNOWN_NS || sample->err_ppb > MERIDIAN_MAX_PPB))
        return MERIDIAN_UNKNOWN_NS;
    uint64_t growth = meridian_growth_ns(sample->age_ns, sample->err_ppb);
    if (MERIDIAN_RARELY(sample->age_ns > MERIDIAN_FRESH_NS)) {
        if (sample->age_ns > MERIDIAN_DEAD_NS)
            return MERIDIAN_UNKNOWN_NS;
        growth += meridian_growth_ns(sample->age_ns - MERIDIAN_FRESH_NS, MERIDIAN_STALE_PPB);
    }
    uint64_t bound = sample->err_ns + growth;
    if (MERIDIAN_RARELY(bound < growth))
        return MERIDIAN_UNKNOWN_NS;
    return bound;
}

/* The sample as an interval round the raw line; only `now_ns` is the point. */
MERIDIAN_INLINE struct meridian_interval meridian_interval(uint64_t point_ns,
                                                           const struct meridian_sample *sample)
{
    uint64_t raw = meridian_raw_ns(sample), err = meridian_bound_ns(sample);
    struct meridian_interval i = {raw - err, point_ns, raw + err, err};
    if (MERIDIAN_RARELY(err > raw))
        i.earliest_ns = 0;
    if (MERIDIAN_RARELY(i.latest_ns < raw))
        i.latest_ns = UINT64_MAX;
    return i;
}

/*
 * The long way. `tries` is 1, or 2 after a first try that failed: a variable in the caller would cost the
 * short way a register.
 *
 * It notes whether it found per-CPU mode. The short way then begins with the record that is noted, and does
 * not ask the common one: LFENCE would wait for that load and the branch on it. A note that is out of date
 * costs one read in vain. The copy itself, once whole, says which mode it is of.
 */
MERIDIAN_INLINE void meridian_read_long(uint32_t tries, const struct meridian_clock *clock,
                                        struct meridian_counts *counts, struct meridian_sample *out)
{
    if (tries > 1)
        meridian_wait(clock, counts, tries - 1);
    meridian_read_from(tries, clock, counts, out);
    counts->own = !(out->flags & MERIDIAN_FLAG_TSC_STABLE);
}

MERIDIAN_OUT_OF_LINE uint64_t meridian_now_ns_long(uint32_t tries, const struct meridian_clock *clock,
                                                   struct meridian_counts *counts)
{
    struct meridian_sample sample;
    meridian_read_long(tries, clock, counts, &sample);
    return meridian_point_ns(clock, counts, &sample);
}

MERIDIAN_OUT_OF_LINE struct meridian_interval meridian_now_long(uint32_t tries,
                                                                const struct meridian_clock *clock,
                                                                struct meridian_counts *counts)
{
    struct meridian_sample sample;
    meridian_read_long(tries, clock, counts, &sample);
    return meridian_interval(meridian_point_ns(clock, counts, &sample), &sample);
}

/*
 * Whether the record is younger than 2^32 ticks and at most `limit` shifted ticks, below 2^32: then one
 * product is the whole. The low halves alone give the ticks; the high ones only say whether that is all.
 */
MERIDIAN_INLINE int meridian_is_young(const struct meridian_sample *s, uint32_t limit, uint64_t *shifted)
{
    uint32_t stamp = (uint32_t)s->tsc_timestamp, ticks = s->tsc_low - stamp;
    if (MERIDIAN_RARELY(s->tsc_high != (uint32_t)(s->tsc_timestamp >> 32) + (s->tsc_low < stamp)))
        return 0;
    *shifted = meridian_shift(ticks, s->tsc_shift);
    return *shifted <= limit;
}

MERIDIAN_INLINE uint64_t meridian_young_ns(const struct meridian_sample *s, uint64_t shifted)
{
    return s->system_time + (shifted * s->tsc_to_system_mul >> 32);
}

MERIDIAN_INLINE uint64_t meridian_now_ns(const struct meridian_clock *clock, struct meridian_counts *counts)
{
    const struct meridian_record *common = clock->common;
    struct meridian_sample s;
    uint64_t shifted;
    if (MERIDIAN_RARELY(!common))
        return meridian_now_ns_long(1, clock, counts);
    if (counts->own) {
        if (MERIDIAN_RARELY(!meridian_try_own(clock, 1, &s)))
            return meridian_now_ns_long(2, clock, counts);
        if (!MERIDIAN_RARELY(s.flags & MERIDIAN_FLAG_TSC_STABLE ||
                             !meridian_is_young(&s, UINT32_MAX, &shifted)))
            return meridian_in_order(clock, counts, &s, meridian_young_ns(&s, shifted));
    } else {
        if (MERIDIAN_RARELY(!meridian_try(common, 1, &s)))
            return meridian_now_ns_long(2, clock, counts);
        if (!MERIDIAN_RARELY(!(s.flags & MERIDIAN_FLAG_TSC_STABLE) ||
                             !meridian_is_young(&s, UINT32_MAX, &shifted)))
            return meridian_young_ns(&s, shifted);
    }
    return meridian_now_ns_long(1, clock, counts);
}

/*
 * Whether the short way's sums hold for this record: up to MERIDIAN_FRESH_NS after the stamp, neither end
 * of the interval can wrap. An unknown bound is far too large, and so are those of the first second.
 */
MERIDIAN_INLINE int meridian_is_plain(const struct meridian_sample *s)
{
    uint64_t room = s->system_time - (MERIDIAN_FRESH_NS + 1);
    return s->err_ppb <= MERIDIAN_MAX_PPB && room < 1ull << 62 && s->err_ns <= room;
}

/*
 * The interval of a fresh record. mul is below 2^32, so the age is at most `shifted`, and the bound's growth,
 * age * factor >> 32, is at most shifted * grown >> 32: rounded up in both steps, and not after the age's own
 * product but beside it. Both products are below 2^62.
 */
MERIDIAN_INLINE struct meridian_interval meridian_fresh(const struct meridian_sample *s, uint64_t shifted)
{
    uint64_t factor = meridian_growth_factor(s->err_ppb);
    uint64_t grown = (factor * s->tsc_to_system_mul >> 32) + 1;
    uint64_t age = shifted * s->tsc_to_system_mul >> 32, growth = shifted * grown >> 32;
    uint64_t err = s->err_ns + 1;
    struct meridian_interval i = {s->system_time - err + age - growth, s->system_time + age,
                                  s->system_time + err + age + growth, err + growth};
    return i;
}

MERIDIAN_INLINE struct meridian_interval meridian_now(const struct meridian_clock *clock,
                                                      struct meridian_counts *counts)
{
    const struct meridian_record *common = clock->common;
    struct meridian_sample s;
    uint64_t shifted;
    if (meridian_says_stable(common)) {
        if (MERIDIAN_RARELY(!meridian_try_common(common, &s)))
            return meridian_now_long(2, clock, counts);
        if (!MERIDIAN_RARELY(!meridian_is_plain(&s) || !meridian_is_young(&s, MERIDIAN_FRESH_NS, &shifted)))
            return meridian_fresh(&s, shifted);
    }
    return meridian_now_long(1, clock, counts);
}

/* UTC at the stamp, moved on by ns; ns may be negative. */
static inline struct meridian_utc meridian_utc_at(const struct meridian_sample *sample, int64_t ns)
{
    int64_t sec = ns / 1000000000, rest = ns % 1000000000 + sample->wall_nsec;
    if (rest < 0) {
        rest += 1000000000;
        sec--;
    }
    struct meridian_utc utc = {sample->wall_sec + sec + rest / 1000000000, (uint32_t)(rest % 1000000000)};
    return utc;
}

/* UTC of a sample of Meridian's record (Xen's holds none); `point_ns` as from meridian_point_ns(). */
static inline struct meridian_wall meridian_wall_of(uint64_t point_ns, const struct meridian_sample *sample)
{
    uint64_t err = meridian_bound_ns(sample);
    int64_t age = (int64_t)sample->age_ns;
    struct meridian_wall wall = {{INT64_MIN, 0}, {0, 0}, {INT64_MAX, 999999999}, err};
    wall.now = meridian_utc_at(sample, (int64_t)(point_ns - sample->system_time));
    if (err < (uint64_t)(INT64_MAX - age)) { /* unknown is far above */
        wall.earliest = meridian_utc_at(sample, age - (int64_t)err);
        wall.latest = meridian_utc_at(sample, age + (int64_t)err);
    }
    return wall;
}

static inline struct meridian_wall meridian_wall(const struct meridian_clock *clock,
                                                 struct meridian_counts *counts)
{
    struct meridian_sample sample;
    meridian_read(clock, counts, &sample);
    return meridian_wall_of(meridian_point_ns(clock, counts, &sample), &sample);
}

#endif
