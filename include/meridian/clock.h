/*
 * The reader: how a guest gets time out of Meridian's records, without a trap. One header, for any x86-64
 * kernel; it needs <stdint.h> and meridian/abi.h. It also reads Xen's own 32-byte record (bound unknown).
 *
 *     struct meridian_clock clock = {.pages = mapped, .where = my_vcpu, .yield = my_yield, .last_ns = &word};
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
 * - The second look at the versions must not pass RDTSC. If it did, a reader could accept the old line and
 *   only then take a TSC from beyond the joint, where another VCPU uses the new line already. Nothing orders
 *   a load after RDTSC by itself, and a second LFENCE costs several ns. But no instruction starts before its
 *   operands exist: a zero computed from the TSC is added to their address. (AND with 0 is computed; XOR and
 *   SUB of a register with itself are known to give 0 and would not wait.) The cost is hidden: these loads
 *   wait for the TSC beside the multiply, which waits for it anyway.
 *
 * So the TSC of an accepted line was read while that line was in force; and the publisher, which marks all
 * records odd before it picks the joint, knows that nobody evaluates the old line beyond the joint.
 */
#ifndef MERIDIAN_CLOCK_H
#define MERIDIAN_CLOCK_H

#include <stdint.h>

#include "meridian/abi.h"

#define MERIDIAN_SPIN_TURNS 1000u       /* turns with PAUSE before the yield hook is called */
#define MERIDIAN_FRESH_NS   1000000000u /* past this age the publisher may be dead, and ... */
#define MERIDIAN_STALE_PPB  100000u     /* ... the bound grows by so much more: 100 ppm */
#define MERIDIAN_MAX_PPB    999000000u  /* a bound that grows by a second a second says nothing: unknown */

/* A call would cost as much as the arithmetic. */
#define MERIDIAN_INLINE            static inline __attribute__((always_inline))
#define MERIDIAN_RARELY(condition) __builtin_expect(!!(condition), 0)

/* What a reader went through. One a VCPU, or one a context that can interrupt another. */
struct meridian_counts {
    uint64_t retries; /* turns on a record that was being written, or that belonged elsewhere */
    uint64_t stalls;  /* times the yield hook was called */
    uint64_t early;   /* TSC before the record's stamp: read as the stamp's time */
    uint64_t clamps;  /* points raised by the shared word */
};

struct meridian_clock {
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
    uint64_t age_ns; /* from tsc_timestamp to tsc; 0 when the TSC is before the stamp */
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

/* The bound is the timeline's: what whoever set the wall clock had wrong is not in it. */
struct meridian_wall {
    struct meridian_utc earliest, now, latest;
    uint64_t err_ns;
};

/* A kernel with its own form (an alternative with RDTSCP, a test's clock) defines MERIDIAN_TSC() first. */
#ifndef MERIDIAN_TSC
static inline uint64_t meridian_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}
#define MERIDIAN_TSC() meridian_tsc()
#endif

static inline uint32_t meridian_load(const uint32_t *word)
{
    return *(const volatile uint32_t *)word;
}

/* Zero, but not before `tsc` is known. The clobber keeps the compiler's loads of the line above it. */
static inline uint64_t meridian_zero_after(uint64_t tsc)
{
    __asm__ volatile("andq $0, %0" : "+r"(tsc) : : "cc", "memory");
    return tsc;
}

/*
 * TSC ticks to ns, exactly as pvclock: ((ticks << shift) * mul) >> 32. The 96-bit product is made of two
 * halves that cannot overflow. Bits shifted out at the top stand for more than 292 years.
 */
MERIDIAN_INLINE uint64_t meridian_scale(uint64_t ticks, uint32_t mul, int8_t shift)
{
    ticks = shift < 0 ? ticks >> (-shift & 63) : ticks << (shift & 63);
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
 * One try at one record: nonzero if it was whole. `meridian`: it is Meridian's; else Xen's, of which only the
 * first 32 bytes exist and whose second word stays 0. The fields are plain loads between barriers for the
 * compiler, so what a caller does not use costs nothing.
 */
MERIDIAN_INLINE int meridian_try(const void *where, int meridian, struct meridian_sample *out)
{
    const struct meridian_record *record = (const struct meridian_record *)where;
    uint32_t version = meridian_load(&record->version1);
    uint64_t tsc = MERIDIAN_TSC();

    out->tsc = tsc;
    out->version = version;
    out->tsc_timestamp = record->tsc_timestamp;
    out->system_time = record->system_time;
    out->tsc_to_system_mul = record->tsc_to_system_mul;
    out->tsc_shift = record->tsc_shift;
    out->flags = record->flags;
    out->disruptions = meridian ? record->disruptions : 0;
    out->cpu_freq = meridian ? record->cpu_freq : 0;
    out->wall_sec = meridian ? record->wall_sec : 0;
    out->wall_nsec = meridian ? record->wall_nsec : 0;
    out->err_ppb = meridian ? record->err_ppb : MERIDIAN_UNKNOWN_PPB;
    out->err_ns = meridian ? record->err_ns : MERIDIAN_UNKNOWN_NS;

    record = (const struct meridian_record *)((uintptr_t)where + meridian_zero_after(tsc));
    return !(version & 1) && meridian_load(&record->version1) == version &&
           (!meridian || meridian_load(&record->version2) == version);
}

/* VCPU n's own record, slot n + 1. The caller has mapped a page for every VCPU that `where` can name. */
static inline const struct meridian_record *meridian_slot(const struct meridian_clock *clock, uint32_t vcpu)
{
    uint64_t slot = (uint64_t)vcpu + 1;
    return clock->pages[slot / MERIDIAN_SLOTS_PER_PAGE] + slot % MERIDIAN_SLOTS_PER_PAGE;
}

/*
 * One try at the record that holds here: slot 0 while it says STABLE (in the whole copy too), so that the
 * wait does not grow with the number of VCPUs. Else this VCPU's own, if the caller is still there after the
 * TSC was read; if not, the line and the TSC may be of two CPUs.
 */
MERIDIAN_INLINE int meridian_try_here(const struct meridian_clock *clock, struct meridian_sample *out)
{
    const struct meridian_record *common = clock->pages ? clock->pages[0] : 0;
    if (common && *(const volatile uint8_t *)&common->flags & MERIDIAN_FLAG_TSC_STABLE)
        return meridian_try(common, 1, out) && out->flags & MERIDIAN_FLAG_TSC_STABLE;

    uint64_t where = clock->where();
    int whole = common ? meridian_try(meridian_slot(clock, (uint32_t)where), 1, out)
                       : meridian_try(clock->xen_time((uint32_t)where), 0, out);
    return whole && clock->where() == where;
}

/* After the `turn`th failed try: a short wait, and now and then the processor for others. */
static inline __attribute__((cold)) void meridian_wait(const struct meridian_clock *clock,
                                                       struct meridian_counts *counts, uint32_t turn)
{
    counts->retries++;
    __asm__ volatile("pause" : : : "memory");
    if (turn % MERIDIAN_SPIN_TURNS == 0 && clock->yield) {
        counts->stalls++;
        clock->yield();
    }
}

/*
 * The raw read: a whole record that holds here, its TSC, and how old it is. It ends when the publisher has
 * stopped writing.
 */
MERIDIAN_INLINE void meridian_read(const struct meridian_clock *clock, struct meridian_counts *counts,
                                   struct meridian_sample *out)
{
    for (uint32_t turn = 1; !meridian_try_here(clock, out); turn++)
        meridian_wait(clock, counts, turn);
    /* Signed: a TSC just before the stamp (skew within the publisher's margin) is not centuries after it. */
    int64_t ticks = (int64_t)(out->tsc - out->tsc_timestamp);
    if (MERIDIAN_RARELY(ticks < 0)) {
        counts->early++;
        ticks = 0;
    }
    out->age_ns = meridian_scale((uint64_t)ticks, out->tsc_to_system_mul, out->tsc_shift);
}

MERIDIAN_INLINE uint64_t meridian_raw_ns(const struct meridian_sample *sample)
{
    return sample->system_time + sample->age_ns;
}

/* Raises a point to the highest that any VCPU has seen. An x86 locked instruction is a full barrier. */
static inline uint64_t meridian_clamp(uint64_t *last_ns, uint64_t ns, struct meridian_counts *counts)
{
    uint64_t seen = __atomic_load_n(last_ns, __ATOMIC_RELAXED);
    while (seen < ns)
        if (__atomic_compare_exchange_n(last_ns, &seen, ns, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return ns;
    counts->clamps += seen > ns;
    return seen;
}

/* The sample's point: raw where records are STABLE (no write is shared), else in order by the shared word. */
MERIDIAN_INLINE uint64_t meridian_point_ns(const struct meridian_clock *clock, struct meridian_counts *counts,
                                           const struct meridian_sample *sample)
{
    uint64_t ns = meridian_raw_ns(sample);
    if (sample->flags & MERIDIAN_FLAG_TSC_STABLE || !clock->last_ns)
        return ns;
    return meridian_clamp(clock->last_ns, ns, counts);
}

/*
 * ns * ppb / 10^9, rounded up, for ppb up to MERIDIAN_MAX_PPB: as ns * (ppb * 2^32 / 10^9) >> 32, whose
 * factor (4399 / 1024 is 0.02 % too much) does not wait for the TSC, and which cannot overflow.
 */
MERIDIAN_INLINE uint64_t meridian_growth_ns(uint64_t ns, uint32_t ppb)
{
    return meridian_scale(ns, (uint32_t)(((uint64_t)ppb * 4399 >> 10) + 1), 0) + 1;
}

/* The error bound at the sample's TSC, ns; all ones: unknown. */
MERIDIAN_INLINE uint64_t meridian_bound_ns(const struct meridian_sample *sample)
{
    if (MERIDIAN_RARELY(sample->err_ns == MERIDIAN_UNKNOWN_NS || sample->err_ppb > MERIDIAN_MAX_PPB))
        return MERIDIAN_UNKNOWN_NS;
    uint64_t growth = meridian_growth_ns(sample->age_ns, sample->err_ppb);
    if (MERIDIAN_RARELY(sample->age_ns > MERIDIAN_FRESH_NS)) {
        if (sample->age_ns > INT64_MAX / 2) /* the sums below would overflow */
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

MERIDIAN_INLINE uint64_t meridian_now_ns(const struct meridian_clock *clock, struct meridian_counts *counts)
{
    struct meridian_sample sample;
    meridian_read(clock, counts, &sample);
    return meridian_point_ns(clock, counts, &sample);
}

MERIDIAN_INLINE struct meridian_interval meridian_now(const struct meridian_clock *clock,
                                                      struct meridian_counts *counts)
{
    struct meridian_sample sample;
    meridian_read(clock, counts, &sample);
    return meridian_interval(meridian_point_ns(clock, counts, &sample), &sample);
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
