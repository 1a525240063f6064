/*
 * How the reader touches memory and the TSC. Each kind of access has one macro, so that a checker of memory
 * models can put its own in their place: it then runs the very reader, and no second copy of it.
 */
#ifndef MERIDIAN_ACCESS_H
#define MERIDIAN_ACCESS_H

#include <stdint.h>

#include "meridian/abi.h"

/* A call would cost as much as the arithmetic; what is rare would cost the rest its registers. */
#define MERIDIAN_INLINE            static inline __attribute__((always_inline))
#define MERIDIAN_OUT_OF_LINE       static __attribute__((noinline, unused))
#define MERIDIAN_RARELY(condition) __builtin_expect(!!(condition), 0)
#define MERIDIAN_MOSTLY(condition) __builtin_expect(!!(condition), 1)

/* RDTSC's two halves. */
struct meridian_halves {
    uint32_t low, high;
};

MERIDIAN_INLINE uint64_t meridian_join(struct meridian_halves tsc)
{
    return (uint64_t)tsc.high << 32 | tsc.low;
}

/* A kernel with its own form (an alternative with RDTSCP, a test's clock) defines MERIDIAN_TSC() first. */
#ifndef MERIDIAN_TSC
MERIDIAN_INLINE struct meridian_halves meridian_tsc_halves(void)
{
    struct meridian_halves tsc;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(tsc.low), "=d"(tsc.high) : : "memory");
    return tsc;
}

static inline uint64_t meridian_tsc(void)
{
    return meridian_join(meridian_tsc_halves());
}
#else
MERIDIAN_INLINE struct meridian_halves meridian_tsc_halves(void)
{
    uint64_t tsc = MERIDIAN_TSC();
    struct meridian_halves halves = {(uint32_t)tsc, (uint32_t)(tsc >> 32)};
    return halves;
}
#endif

/* version1 and version2 at one look: a record is aligned, so the load is one. */
typedef uint64_t __attribute__((may_alias)) meridian_versions;

/* Zero, but not before `tsc` is known. The clobber keeps the compiler's loads of the line above it. */
static inline uint64_t meridian_zero_after(uint64_t tsc)
{
    __asm__ volatile("andq $0, %0" : "+r"(tsc) : : "cc", "memory");
    return tsc;
}

/*
 * What others write is reached by these alone, one for each kind of access, beside MERIDIAN_TSC(). A search
 * of interleavings defines all of them first (test/weak), and so runs this very reader.
 */
#ifndef MERIDIAN_LOAD
#define MERIDIAN_LOAD(word)            (*(const volatile __typeof__(word) *)&(word))
#define MERIDIAN_LOAD_VERSIONS(record) (*(const volatile meridian_versions *)&(record)->version1)
#define MERIDIAN_FIELD(field)          (field) /* of a line: what is not used is not loaded */
#define MERIDIAN_ZERO_AFTER(tsc)       meridian_zero_after(tsc)
#define MERIDIAN_LOAD_LAST(word)       __atomic_load_n(word, __ATOMIC_RELAXED)
#define MERIDIAN_SWAP_LAST(word, seen, ns) \
    __atomic_compare_exchange_n(word, seen, ns, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
#define MERIDIAN_PAUSE() __asm__ volatile("pause" : : : "memory")
#endif

static inline uint32_t meridian_load(const uint32_t *word)
{
    return MERIDIAN_LOAD(*word);
}

static inline uint64_t meridian_load_versions(const struct meridian_record *record)
{
    return MERIDIAN_LOAD_VERSIONS(record);
}

#endif
