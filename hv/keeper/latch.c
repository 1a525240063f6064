#include "keeper/latch.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"

#define WAIT_SPINS 100000u /* some ms; lines are apart by no more than their bounds, below a us mostly */
#define BARRIER()  __asm__ volatile("" : : : "memory")

/*
 * While turn is odd copy[0] is being written and readers use copy[1]; while it is even, the other way round.
 * x86 keeps stores in order, so the compiler is all that must be held (SDM vol. 3, 8.2.2).
 */
void latch_set(struct latch *latch, const struct line *line)
{
    volatile uint32_t *sequence = &latch->sequence;

    *sequence += 1; /* step K1: readers go to copy 1 */
    BARRIER();
    latch->copy[0] = *line; /* step K2: copy 0 */
    BARRIER();
    *sequence += 1; /* step K3: readers go to copy 0 */
    BARRIER();
    latch->copy[1] = *line; /* step K4: copy 1 */
    BARRIER();
}

/*
 * A reader is at most overtaken by publishes, 250 ms apart: a few tries are enough, and then either copy will
 * do.
 */
uint64_t latch_read(const struct latch *latch, uint64_t tsc)
{
    const volatile uint32_t *sequence = &latch->sequence;
    struct line line;
    uint32_t seen;

    for (int tries = 0; tries < 8; tries++) {
        seen = *sequence; /* step N1: the sequence */
        BARRIER();
        line = latch->copy[seen & 1]; /* step N2: the copy that is not being written */
        BARRIER();
        if (*sequence == seen) /* step N3: the sequence again */
            break;
    }
    return line_read(&line, tsc);
}

const struct latch *latch_in_force(void)
{
    return keeper.mode == CLOCK_UNIFIED ? &keeper.latch : &clock_of(cpu_id())->latch;
}

uint64_t keeper_now_ns(void)
{
    struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t now = latch_read(latch_in_force(), rdtsc_ordered());

    /* At a joint, this CPU may still hold the old line: the new one may be slower by a ns or two. */
    if (now < clock->now_floor_ns)
        now = clock->now_floor_ns;
    clock->now_floor_ns = now;
    return now;
}

/* A VCPU that goes on on another CPU, with another line, must not read less there (T1). */
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
