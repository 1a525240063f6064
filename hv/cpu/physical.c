#include "cpu/physical.h"

#include "cpu/frames.h"
#include "cpu/instructions.h"
#include "cpu/lock.h"

static struct lock frames_lock = LOCK_INIT("frames");

uint64_t physical_limit(void)
{
    unsigned bits = 36;

    if (cpuid(0x80000000u, 0).eax >= 0x80000008u)
        bits = cpuid(0x80000008u, 0).eax & 0xff;
    return 1ull << (bits < 32 ? 32 : bits > 52 ? 52 : bits);
}

bool cpu_has_pat(void)
{
    return cpuid(1, 0).edx & 1u << 16;
}

uint64_t frames_take_locked(uint64_t count, uint64_t align_bytes, uint64_t limit)
{
    bool were_on = lock_take(&frames_lock);
    uint64_t phys = frames_take(count, align_bytes, limit);

    lock_release(&frames_lock, were_on);
    return phys;
}
