/* A VCPU that goes on on another CPU, with another line, must not read less there (T1). */
#include "keeper/state.h"

#include "cpu/instructions.h"

/* Some ms. Lines are apart by no more than their bounds, below a us on most machines. */
#define WAIT_SPINS 100000u

void keeper_vcpu_left(struct time_domain *domain, uint32_t vcpu)
{
    domain->vcpus[vcpu].left_ns = keeper_now_ns();
}

bool keeper_vcpu_may_run(const struct time_domain *domain, uint32_t vcpu)
{
    for (unsigned spin = 0; spin < WAIT_SPINS; spin++) {
        if (latch_read(latch_in_force(), rdtsc_ordered()) >= domain->vcpus[vcpu].left_ns)
            return true;
        cpu_relax();
    }
    return false;
}
