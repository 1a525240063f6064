/*
 * Machines whose TSC does what a crystal cannot, each with its reason. Everything here is shown at start-up.
 */
#include "keeper/state.h"

#include "cpu/instructions.h"
#include "log/log.h"

#define HYPERVISOR_LEAF  0x40000000u
#define CPUID_HYPERVISOR (1u << 31)

static const struct quirk {
    uint32_t ebx, ecx, edx; /* the signature in the hypervisor's leaf */
    uint32_t slip_ns;
    bool at_once; /* only where CPUs run at the same moment, which is measured */
    const char *name, *reason;
} quirks[] = {
    /* "TCGTCGTCGTCG". With thread=single, or with -icount, its CPUs take turns, and its TSC is sound. */
    {0x54474354, 0x43544743, 0x47435447, 1000000, true, "QEMU TCG with a thread for each CPU",
     "its TSC jumps ahead, by up to 0.9 ms in a quarter second, when two CPUs read it at once"},
};

uint32_t quirk_slip_ns(void)
{
    struct cpuid_result id;

    if (!(cpuid(1, 0).ecx & CPUID_HYPERVISOR))
        return 0;
    id = cpuid(HYPERVISOR_LEAF, 0);
    for (unsigned i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        const struct quirk *q = &quirks[i];

        if (id.ebx != q->ebx || id.ecx != q->ecx || id.edx != q->edx)
            continue;
        if (q->at_once && !exchange_at_once())
            continue;
        log_print("clock: this is %s: %s; the bound allows for %u ns\n", q->name, q->reason, q->slip_ns);
        return q->slip_ns;
    }
    return 0;
}
