/*
 * Meridian's time pages, as a guest sees them (docs/abi.md). No dependency but <stdint.h>.
 *
 * A record is one 64-byte cache line. Its first 32 bytes are pvclock_vcpu_time_info to the bit.
 */
#ifndef MERIDIAN_ABI_H
#define MERIDIAN_ABI_H

#include <stdint.h>

#define MERIDIAN_HYPERCALL       55u /* __HYPERVISOR_arch_7 */
#define MERIDIAN_OP_MAGIC        0u  /* answers MERIDIAN_MAGIC */
#define MERIDIAN_OP_PAGE         1u  /* argument 2: page index; answers its machine frame, or -EINVAL */
#define MERIDIAN_OP_ASSUMED      2u  /* answers the machine frame of the page struct meridian_assumed is on */
#define MERIDIAN_MAGIC           0x4d520001u
#define MERIDIAN_SLOTS_PER_PAGE  64u /* slot 0: the line common to all VCPUs; slot n + 1: VCPU n */
#define MERIDIAN_FLAG_TSC_STABLE 1u  /* unified mode: slot 0 holds for every VCPU */
/* Bits 2..7 of a record's flags count breaches, modulo 64; in Xen's own records they stay 0. */
#define MERIDIAN_BREACH_SHIFT  2u
#define MERIDIAN_BREACH_MASK   63u
#define MERIDIAN_BREACHES_KEPT 8u
#define MERIDIAN_UNKNOWN_PPB   0xffffffffu
#define MERIDIAN_UNKNOWN_NS    0xffffffffffffffffull

struct meridian_record {
    uint32_t version1;          /* odd while it is written */
    uint32_t version2;          /* equal to version1 when whole; never odd */
    uint64_t tsc_timestamp;     /* TSC at the joint where this line begins */
    uint64_t system_time;       /* ns since boot there */
    uint32_t tsc_to_system_mul; /* ns = ((ticks << shift) * mul) >> 32, negative shift to the right */
    int8_t tsc_shift;
    uint8_t flags;
    uint16_t disruptions; /* how often the timeline was re-anchored */
    uint64_t cpu_freq;    /* Hz */
    int64_t wall_sec;     /* UTC at tsc_timestamp */
    uint32_t wall_nsec;
    uint32_t err_ppb; /* growth of the bound; all ones: unknown */
    uint64_t err_ns;  /* the bound at tsc_timestamp; all ones: unknown */
};

/* Where a bound's assumption comes from. */
enum meridian_origin {
    MERIDIAN_ORIGIN_START = 0,   /* what is assumed of every machine at first */
    MERIDIAN_ORIGIN_LEARNED = 1, /* from this machine */
    MERIDIAN_ORIGIN_FIXED = 2    /* by the command line */
};

/*
 * The world did not keep what was assumed, so a bound was exceeded: seen later, and told. All in ns; from_ns
 * and to_ns are system time. Some read between them was off by at least at_least_ns more than its bound,
 * and none by more than at_most_ns.
 */
struct meridian_breach {
    uint64_t from_ns, to_ns;
    uint64_t at_least_ns, at_most_ns;
};

/*
 * What the bounds assume, and where they failed: at the start of a page of its own, read-only. `version` is
 * odd while it is written, as in a record; read it before and after.
 */
struct meridian_assumed {
    uint32_t version;
    uint32_t wander_ppb_s;      /* D in force, the greatest of all CPUs' */
    uint32_t phase_ns;          /* J in force */
    uint32_t most_wander_ppb_s; /* Dmax, the outer assumption behind excursion_ns */
    uint8_t wander_origin;      /* enum meridian_origin */
    uint8_t phase_origin;
    uint16_t reserved[3];   /* 0 */
    uint64_t resolution_ns; /* w: the tightest bracket's width at the last look */
    uint64_t excursion_ns;  /* E: what may pass unseen between two looks, under Dmax or a host's slew */
    uint64_t breaches;      /* how many there were; breach n, from 0, is last[n % MERIDIAN_BREACHES_KEPT] */
    struct meridian_breach last[MERIDIAN_BREACHES_KEPT];
};

#ifdef __cplusplus
static_assert(sizeof(struct meridian_record) == 64, "one cache line");
static_assert(sizeof(struct meridian_assumed) == 48 + 32 * MERIDIAN_BREACHES_KEPT, "no holes");
#else
_Static_assert(sizeof(struct meridian_record) == 64, "one cache line");
_Static_assert(sizeof(struct meridian_assumed) == 48 + 32 * MERIDIAN_BREACHES_KEPT, "no holes");
#endif

#endif
