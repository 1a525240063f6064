#include "assumed.h"

#include "hypercall.h"
#include "meridian/breach.h"
#include "system.h"

static _Alignas(4096) unsigned char page[4096];
static bool mapped;

void assumed_init(void)
{
    long frame = hypercall(MERIDIAN_HYPERCALL, MERIDIAN_OP_ASSUMED, 0, 0, 0);

    mapped = frame >= 0 && memory_map(page, (uint64_t)frame, false) == 0;
    if (!mapped)
        print("guest: the page of assumptions cannot be had (%ld)\n", frame);
}

bool assumed_read(struct meridian_assumed *out)
{
    return mapped && meridian_read_assumed((const struct meridian_assumed *)(void *)page, out);
}
