/*
 * Machines whose TSC does what a crystal cannot, each with its reason. Everything here is shown at start-up.
 */
#include "keeper/state.h"

#include "cpu/instructions.h"
#include "log/log.h"

#define HYPERVISOR_LEAF  0x40000000u
#define CPUID_HYPERVISOR (1u << 31)

#define GHZ 1000000000ull

static const struct quirk {
    uint32_t ebx, ecx, edx; /* the signature in the hypervisor's leaf */
    uint32_t slip_ns;
    uint64_t but_at_hz; /* a TSC within 1 ppm of this frequency has not got the quirk */
    const char *name, *reason;
} quirks[] = {
    /* "TCGTCGTCGTCG". With -icount its TSC counts instructions, at 1 GHz exactly, one CPU at a time. */
    {0x54474354, 0x43544743, 0x47435447, 50000, GHZ, "QEMU TCG",
     "its TSC jumps ahead, by some us in a quarter second, when two CPUs read it at once"},
};

static bool at_frequency(uint64_t hz, uint64_t exact)
{
    return hz <= exact + exact / 1000000 && hz >= exact - exact / 1000000;
}

uint32_t quirk_slip_ns(uint64_t hz)
{
    struct cpuid_result id;

    if (!(cpuid(1, 0).ecx & CPUID_HYPERVISOR))
        return 0;
    id = cpuid(HYPERVISOR_LEAF, 0);
    for (unsigned i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        const struct quirk *q = &quirks[i];

        if (id.ebx != q->ebx || id.ecx != q->ecx || id.edx != q->edx || at_frequency(hz, q->but_at_hz))
            continue;
        log_print("clock: this is %s: %s; the bound allows for %u ns\n", q->name, q->reason, q->slip_ns);
        return q->slip_ns;
    }
    return 0;
}
