#include "timers.h"

#include <xen/vcpu.h>

#include "clock.h"
#include "hypercall.h"
#include "vcpu.h"

/* Not a multiple of the tick, which shares the upcall: half of the deadlines fall between two ticks. */
#define TIMEOUT_NS 133500000ull

volatile uint64_t jiffies;
static uint64_t jiffies_start_ns;

long tick_start(void)
{
    struct vcpu *self = vcpu_self();
    struct vcpu_set_periodic_timer timer = {.period_ns = TICK_NS};

    /* From now, not from 0: a VCPU brought up after a day would have 8.6 million ticks to catch up with. */
    self->tick.processed_system_time = clock_raw_ns(&self->upcall_counts);
    if (self->id == 0 && !jiffies_start_ns)
        jiffies_start_ns = self->tick.processed_system_time;
    return hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, self->id, address_of(&timer), 0);
}

uint64_t tick_jiffies_behind(void)
{
    return (clock_raw_ns(&vcpu_self()->upcall_counts) - jiffies_start_ns) / TICK_NS - jiffies;
}

void tick_run(uint64_t now_ns)
{
    struct vcpu *self = vcpu_self();
    struct tick *tick = &self->tick;

    if (now_ns < tick->processed_system_time) {
        tick->back++; /* 'Time went backwards': the 2005 guest's message */
        return;
    }
    uint64_t due = (now_ns - tick->processed_system_time) / TICK_NS;
    if (!due)
        return;
    tick->ticks++;
    tick->processed_system_time += due * TICK_NS;
    if (self->id == 0)
        jiffies = (tick->processed_system_time - jiffies_start_ns) / TICK_NS;
}

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
    timeouts->set--; /* the timeout at hand is set again, or another in its place */
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
