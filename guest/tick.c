#include "tick.h"

#include <xen/vcpu.h>

#include "clock.h"
#include "hypercall.h"
#include "vcpu.h"

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
