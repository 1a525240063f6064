/* What the keeper does on a machine where TSCs jump, as no crystal does (platform/quirks.c says where). */
#include "keeper/start.h"

#include "keeper/clocks.h"
#include "keeper/meeting.h"
#include "log/log.h"
#include "platform/quirks.h"

#define TRIES 20u /* a busy host may just now not run two CPUs at the same moment */
/* QEMU's round robin changes CPUs at any instruction once in 100 ms: two "at once" may be due to that. */
#define ENOUGH   3u
#define TRIAL_US 5000u

static uint32_t suspected_ns; /* a slip that was not seen to apply here */
static unsigned small;        /* disruptions no larger than it */

static bool at_once(void)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < TRIES && seen < ENOUGH && keeper.cpus > 1; i++) {
        seen += exchange_at_once();
        reference_wait_us(TRIAL_US);
    }
    return seen == ENOUGH;
}

uint32_t slip_expected_ns(void)
{
    const struct quirk *q = quirk_here(QUIRK_TSC_SLIPS);

    if (!q)
        return 0;
    if (!at_once()) {
        meeting_one_at_a_time();
        suspected_ns = keeper.cpus > 1 ? q->slip_ns : 0;
        return 0;
    }
    log_print("clock: this is %s: %s; the bound allows for %u ns\n", q->name, q->reason, q->slip_ns);
    return q->slip_ns;
}

/* One such disruption may be anything. Two, ahead of R and by so little, are what such a machine does. */
uint32_t slip_shown_ns(int64_t off_ns)
{
    if (!suspected_ns || off_ns >= 0 || off_ns < -(int64_t)suspected_ns || ++small < 2)
        return keeper.crystal.slip_ns;
    if (!keeper.crystal.slip_ns)
        log_print(
            "clock: the TSC jumps as QEMU's does with a thread for each CPU; the bound allows for %u ns\n",
            suspected_ns);
    return suspected_ns;
}
