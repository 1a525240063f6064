/* What Xen's ABI for x86-64 fixes for a PV guest: pages, its part of the address space, its flags. Pure. */
#ifndef DOMAIN_GUEST_ABI_H
#define DOMAIN_GUEST_ABI_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

#define MAX_VCPUS        XEN_LEGACY_MAX_VCPUS
#define GUEST_VECTORS    256
#define GUEST_PAGE       4096ull
#define TABLE_ENTRIES    512u
#define HYPERVISOR_START 0xffff800000000000ull /* entries 256..271 of the root table */
#define HYPERVISOR_END   0xffff880000000000ull
#define SYSCALL_BYTES    2

#define RFLAGS_TF   (1ull << 8)
#define RFLAGS_IF   (1ull << 9)
#define RFLAGS_DF   (1ull << 10)
#define RFLAGS_IOPL (3ull << 12)
#define RFLAGS_NT   (1ull << 14)
#define RFLAGS_RF   (1ull << 16)
#define RFLAGS_VM   (1ull << 17)
#define RFLAGS_AC   (1ull << 18)
#define RFLAGS_MBS  (1ull << 1) /* always set */
/* What a guest may set by itself: CF PF AF ZF SF TF DF OF NT RF AC ID. */
#define RFLAGS_GUEST 0x254dd5ull

/* Returns the index of the entry for `va` in a page table of `level`, 4 (the root) to 1. */
static inline unsigned table_index(uint64_t va, unsigned level)
{
    return va >> (12 + 9 * (level - 1)) & (TABLE_ENTRIES - 1);
}

/* Returns the flags that a guest runs with when it asks for `wanted` (HYPERVISOR_iret, VCPUOP_initialise). */
static inline uint64_t rflags_for_guest(uint64_t wanted)
{
    return (wanted & RFLAGS_GUEST) | RFLAGS_IF | RFLAGS_MBS;
}

/* Returns true if bits 48..63 repeat bit 47 (SDM vol. 1, 3.3.7.1). */
static inline bool address_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/*
 * Returns true if start..end (exclusive) lies outside the hypervisor's part and within one half of the
 * address space.
 */
static inline bool guest_range_ok(uint64_t start, uint64_t end)
{
    const uint64_t half = 1ull << 47;

    if (start >= end)
        return false;
    if (start < half)
        return end <= half;
    return start >= HYPERVISOR_END;
}

#endif
