#include "assumed.h"

#include "hypercall.h"
#include "meridian/abi.h"
#include "system.h"

#define TRIES 1000u

static _Alignas(4096) unsigned char page[4096];
static bool mapped;

void assumed_init(void)
{
    long frame = hypercall(MERIDIAN_HYPERCALL, MERIDIAN_OP_ASSUMED, 0, 0, 0);

    mapped = frame >= 0 && memory_map(page, (uint64_t)frame, false) == 0;
    if (!mapped)
        print("guest: the page of assumptions cannot be had (%ld)\n", frame);
}

/* x86 keeps loads in order (SDM vol. 3, 8.2.2): the compiler is all that must be held. */
bool assumed_read(struct meridian_assumed *out)
{
    const volatile uint32_t *version = (const volatile uint32_t *)(void *)page;

    for (unsigned tries = 0; mapped && tries < TRIES; tries++) {
        uint32_t before = *version;

        __asm__ volatile("" : : : "memory");
        *out = *(const struct meridian_assumed *)(void *)page;
        __asm__ volatile("" : : : "memory");
        if (before % 2 == 0 && *version == before)
            return true;
        __asm__ volatile("pause");
    }
    return false;
}
