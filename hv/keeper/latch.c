#include "keeper/latch.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"

#define WAIT_SPINS \
    100000u /* some ms; CPUs' lines are apart by no more than their bounds, mostly below a us */
void latch_set(struct latch *latch, const struct line *line)
{
    latch_write(&latch->sequence, latch->copy, line, sizeof *line);
}

/* Readers are at copy `sequence & 1`, which is whole. The other is written, and then they are sent to it. */
void latch_set_again(struct latch *latch, const struct line *line)
{
    for (unsigned copy = 0; copy < 2; copy++) {
        /* step G1: the copy to which no reader is sent */
        latch->copy[~latch->sequence & 1] = *line;
        __atomic_thread_fence(__ATOMIC_RELEASE);
        /* step G2: readers go to it */
        __atomic_store_n(&latch->sequence, latch->sequence + 1, __ATOMIC_RELEASE);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    if (latch->sequence & 1) /* a writer begins where it is even, and both copies are whole now */
        __atomic_store_n(&latch->sequence, latch->sequence + 1, __ATOMIC_RELEASE);
}

uint64_t latch_read(const struct latch *latch, uint64_t tsc)
{
    struct line line;

    latch_copy(&latch->sequence, latch->copy, &line, sizeof line);
    return line_read(&line, tsc);
}

const struct latch *latch_in_force(void)
{
    return clock_mode_now() == CLOCK_UNIFIED ? &keeper.common.latch : &clock_of(cpu_id())->own.latch;
}

uint64_t keeper_now_ns(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t now = latch_read(latch_in_force(), rdtsc_ordered());

    /* Around a joint this CPU may have read the old line, and the new one may be a ns or two behind it. */
    if (now < clock->alarm.now_floor_ns)
        now = clock->alarm.now_floor_ns;
    clock->alarm.now_floor_ns = now;
    return now;
}

/* A VCPU that goes on on another CPU reads another line. It must not read less there (T1). */
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
