#include "timeouts.h"

#include <xen/vcpu.h>

#include "clock.h"
#include "hypercall.h"
#include "vcpu.h"

/* No multiple of the 10 ms tick, whose upcall is the same VIRQ: half of the deadlines fall between ticks. */
#define TIMEOUT_NS 133500000ull

/* Xen has two calls for one timer: each is used every other time. */
static long set_timer(uint64_t deadline_ns, uint64_t count)
{
    struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = deadline_ns};
    if (count % 2)
        return hypercall(__HYPERVISOR_set_timer_op, deadline_ns, 0, 0, 0);
    return hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, vcpu_self()->id, address_of(&timer),
                     0);
}

static void set_for(struct timeouts *timeouts, uint64_t deadline_ns)
{
    timeouts->deadline_ns = deadline_ns;
    if (!set_timer(timeouts->deadline_ns, timeouts->set))
        timeouts->set++;
    else
        timeouts->deadline_ns = 0;
}

static void set_next(struct timeouts *timeouts, uint64_t now_ns)
{
    set_for(timeouts, now_ns + TIMEOUT_NS);
}

void timeouts_start(void)
{
    struct vcpu *self = vcpu_self();
    set_next(&self->timeouts, clock_raw_ns(&self->upcall_counts));
}

void timeouts_resume(uint64_t now_ns)
{
    struct timeouts *timeouts = &vcpu_self()->timeouts;
    if (!timeouts->deadline_ns)
        return;
    timeouts->set--; /* the one at hand is set again, or another in its place */
    if (now_ns < timeouts->deadline_ns) {
        set_for(timeouts, timeouts->deadline_ns);
        return;
    }
    timeouts->overslept++;
    set_next(timeouts, now_ns);
}

void timeouts_run(uint64_t now_ns)
{
    struct timeouts *timeouts = &vcpu_self()->timeouts;
    if (!timeouts->deadline_ns || now_ns < timeouts->deadline_ns)
        return;
    uint64_t late_ns = now_ns - timeouts->deadline_ns;
    timeouts->fired++;
    if (late_ns > timeouts->late_ns)
        timeouts->late_ns = late_ns;
    set_next(timeouts, now_ns);
}
