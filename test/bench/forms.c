/*
 * The ways themselves. The pvclock forms are models of a Linux reader, made from the documented protocol:
 * version, TSC, the line with one product of 64 by 32 bits, version again, and the flag that says whether
 * that is enough. They differ in how the TSC is kept in order, and in whether the record's address is
 * fixed (as in a vDSO) or has to be loaded (as in a kernel). OUT is the table's name.
 */
#define _GNU_SOURCE
#include "own_cpu.h"

/* As a kernel that finds its VCPU and that VCPU's record by one load each. */
#define MERIDIAN_WHERE(clock)     own_cpu.vcpu
#define MERIDIAN_OWN(clock, vcpu) own_cpu.record

#include "forms.h"

#include <time.h>

#include "loops.h"

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

INLINE uint64_t lfence_rdtsc(void)
{
    __asm__ volatile("lfence" : : : "memory");
    return rdtsc();
}

INLINE uint64_t mfence_rdtsc(void)
{
    __asm__ volatile("mfence" : : : "memory");
    return rdtsc();
}

INLINE uint64_t rdtscp(void)
{
    uint32_t low, high, aux;

    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* A signed shift, the middle 64 bits of the 96-bit product. */
INLINE uint64_t pvclock_ns(const struct meridian_record *record, uint64_t tsc)
{
    uint64_t ticks = tsc - record->tsc_timestamp;
    int shift = record->tsc_shift;

    if (shift < 0)
        ticks >>= -shift;
    else
        ticks <<= shift;
    return record->system_time + (uint64_t)((unsigned __int128)ticks * record->tsc_to_system_mul >> 32);
}

/* Raises `ns` to the last value that anyone has been given. */
INLINE uint64_t not_below(uint64_t *word, uint64_t ns)
{
    uint64_t last = __atomic_load_n(word, __ATOMIC_RELAXED);

    do {
        if (ns <= last)
            return last;
    } while (!__atomic_compare_exchange_n(word, &last, ns, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return ns;
}

INLINE uint64_t pvclock(struct place *place, const struct meridian_record *record, uint64_t (*tsc)(void),
                        int cas)
{
    uint64_t ns;
    uint32_t version;
    uint8_t flags;

    do {
        version = meridian_load(&record->version1) & ~1u;
        __asm__ volatile("" : : : "memory");
        ns = pvclock_ns(record, tsc());
        flags = record->flags;
        __asm__ volatile("" : : : "memory");
    } while (__builtin_expect(meridian_load(&record->version1) != version, 0));
    if (!cas && flags & MERIDIAN_FLAG_TSC_STABLE)
        return ns;
    return not_below(&place->cas_last, ns);
}

/* A clock that the compiler knows: the page's address need not be loaded before the version can be. */
static const struct meridian_clock constant = {.common = the_place.page, .pages = the_place.pages};
static const struct meridian_clock constant_percpu = {
    .common = the_place.own, .pages = the_place.own_pages, .last_ns = &the_place.last_ns};

INLINE void use_interval(const struct meridian_clock *clock, struct meridian_counts *counts)
{
    struct meridian_interval i = meridian_now(clock, counts);

    USE(i.earliest_ns);
    USE(i.now_ns);
    USE(i.latest_ns);
    USE(i.err_ns);
}

INLINE void read_vdso(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    USE(t.tv_sec);
    USE(t.tv_nsec);
}

FORM(bare, USE(rdtsc()))
FORM(fenced, USE(lfence_rdtsc()))
FORM(with_rdtscp, USE(rdtscp()))
FORM(linux_form, USE(pvclock(place, place->page, lfence_rdtsc, 0)))
FORM(linux_pointer, USE(pvclock(place, place->pointer, lfence_rdtsc, 0)))
FORM(linux_rdtscp, USE(pvclock(place, place->page, rdtscp, 0)))
FORM(linux_mfence, USE(pvclock(place, place->page, mfence_rdtsc, 0)))
FORM(point, USE(meridian_now_ns(&place->unified, &counts)))
FORM(interval, use_interval(&place->unified, &counts))
FORM(point_constant, USE(meridian_now_ns(&constant, &counts)))
FORM(interval_constant, use_interval(&constant, &counts))
FORM(cas, USE(pvclock(place, place->page, lfence_rdtsc, 1)))
FORM(cas_pointer, USE(pvclock(place, place->pointer, lfence_rdtsc, 1)))
FORM(cas_rdtscp, USE(pvclock(place, place->pointer, rdtscp, 1)))
FORM(percpu, USE(meridian_now_ns(&place->percpu, &counts)))
FORM(percpu_constant, USE(meridian_now_ns(&constant_percpu, &counts)))
FORM(vdso, read_vdso())

#define WORD_(x) #x
#define WORD(x)  WORD_(x)
#ifdef __clang__
#define VERSION "clang " WORD(__clang_major__) "." WORD(__clang_minor__) "." WORD(__clang_patchlevel__)
#define MAJOR   __clang_major__
#else
#define VERSION "gcc " __VERSION__
#define MAJOR   __GNUC__
#endif

void HOOK(OUT, loop)(struct place *place, unsigned reads);
void HOOK(OUT, alone)(struct place *place, unsigned reads);

const struct compiled OUT = {
    VERSION,
    MAJOR,
    {
        [FORM_RDTSC] = {"rdtsc, in no order", bare_loop, bare_alone},
        [FORM_LFENCE] = {"lfence; rdtsc", fenced_loop, fenced_alone},
        [FORM_RDTSCP] = {"rdtscp", with_rdtscp_loop, with_rdtscp_alone},
        [FORM_PVCLOCK] = {"Linux's pvclock form", linux_form_loop, linux_form_alone},
        [FORM_PVCLOCK_POINTER] = {"  its record behind a pointer", linux_pointer_loop, linux_pointer_alone},
        [FORM_PVCLOCK_RDTSCP] = {"  by rdtscp", linux_rdtscp_loop, linux_rdtscp_alone},
        [FORM_PVCLOCK_MFENCE] = {"  by mfence; rdtsc", linux_mfence_loop, linux_mfence_alone},
        [FORM_POINT] = {"Meridian's point", point_loop, point_alone},
        [FORM_INTERVAL] = {"Meridian's interval", interval_loop, interval_alone},
        [FORM_POINT_CONSTANT] = {"  point, its clock a constant", point_constant_loop, point_constant_alone},
        [FORM_INTERVAL_CONSTANT] = {"  interval, its clock a constant", interval_constant_loop,
                                    interval_constant_alone},
        [FORM_CAS] = {"pvclock, CAS on a last value", cas_loop, cas_alone},
        [FORM_CAS_POINTER] = {"  its record behind a pointer", cas_pointer_loop, cas_pointer_alone},
        [FORM_CAS_RDTSCP] = {"  by rdtscp, behind a pointer", cas_rdtscp_loop, cas_rdtscp_alone},
        [FORM_PERCPU] = {"Meridian's point, per-CPU mode", percpu_loop, percpu_alone},
        [FORM_PERCPU_CONSTANT] = {"  its clock a constant", percpu_constant_loop, percpu_constant_alone},
        [FORM_PERCPU_HOOK] = {"  its VCPU by the hook", HOOK(OUT, loop), HOOK(OUT, alone)},
        [FORM_VDSO] = {"vDSO, CLOCK_MONOTONIC", vdso_loop, vdso_alone},
    }};
