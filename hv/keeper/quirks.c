/*
 * Machines whose TSC does what a crystal cannot, each with its reason. Everything here is shown at start-up.
 */
#include "keeper/state.h"

#include "cpu/instructions.h"
#include "keeper/meeting.h"
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

#define TRIES 20u /* a busy host may not run two CPUs at the same moment just now */
/* QEMU's round robin changes CPUs at any instruction once in 100 ms: two "yes" may be that. */
#define ENOUGH   3u
#define TRIAL_US 5000u

static uint32_t suspected_ns; /* a slip whose condition was not seen to hold */
static unsigned small;        /* disruptions within it */

static bool at_once(void)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < TRIES && seen < ENOUGH && keeper.cpus > 1; i++) {
        seen += exchange_at_once();
        reference_wait_us(TRIAL_US);
    }
    return seen == ENOUGH;
}

static const struct quirk *quirk_of_this_machine(void)
{
    struct cpuid_result id;

    if (!(cpuid(1, 0).ecx & CPUID_HYPERVISOR))
        return NULL;
    id = cpuid(HYPERVISOR_LEAF, 0);
    for (unsigned i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        if (id.ebx == quirks[i].ebx && id.ecx == quirks[i].ecx && id.edx == quirks[i].edx)
            return &quirks[i];
    }
    return NULL;
}

uint32_t quirk_slip_ns(void)
{
    const struct quirk *q = quirk_of_this_machine();

    if (!q)
        return 0;
    if (q->at_once && !at_once()) {
        meeting_by_turns();
        suspected_ns = keeper.cpus > 1 ? q->slip_ns : 0;
        return 0;
    }
    log_print("clock: this is %s: %s; the bound allows for %u ns\n", q->name, q->reason, q->slip_ns);
    return q->slip_ns;
}

/* Once may be anything. Twice, ahead of R and by so little, is what such a machine does. */
uint32_t quirk_slip_shown(int64_t off_ns)
{
    if (!suspected_ns || off_ns >= 0 || off_ns < -(int64_t)suspected_ns || ++small < 2)
        return keeper.crystal.slip_ns;
    if (!keeper.crystal.slip_ns)
        log_print(
            "clock: the TSC jumps as QEMU's does with a thread for each CPU; the bound allows for %u ns\n",
            suspected_ns);
    return suspected_ns;
}
