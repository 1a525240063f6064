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
#define MERIDIAN_MAGIC           0x4d520001u
#define MERIDIAN_SLOTS_PER_PAGE  64u /* slot 0: the line common to all VCPUs; slot n + 1: VCPU n */
#define MERIDIAN_FLAG_TSC_STABLE 1u  /* unified mode: slot 0 holds for every VCPU */
#define MERIDIAN_UNKNOWN_PPB     0xffffffffu
#define MERIDIAN_UNKNOWN_NS      0xffffffffffffffffull

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

#ifdef __cplusplus
static_assert(sizeof(struct meridian_record) == 64, "one cache line");
#else
_Static_assert(sizeof(struct meridian_record) == 64, "one cache line");
#endif

#endif
