#include "domain/vcpu/schedule.h"

#include <stddef.h>

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "domain/events/event_bits.h"
#include "domain/guest.h"

#define STOP_PATIENCE_NS    2000000000ull
#define STOP_PATIENCE_TURNS 800000000u /* should the clock itself stand still */

static struct {
    struct vcpu *vcpu; /* whose CPU this is; NULL: nobody's */
    bool entered;      /* it has come to run_next: only then can it stop for somebody */
    bool stopped;      /* it has seen the domain's end and runs no VCPU any more */
} __attribute__((aligned(64))) slots[MAX_CPUS];

void schedule_add(struct domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        __atomic_store_n(&slots[domain->vcpus[i].cpu].vcpu, &domain->vcpus[i], __ATOMIC_RELEASE);
}

struct vcpu *schedule_current(void)
{
    return __atomic_load_n(&slots[cpu_id()].vcpu, __ATOMIC_ACQUIRE);
}

static void clear_reason(struct vcpu *vcpu, uint32_t reason)
{
    __atomic_fetch_and(&vcpu->stopped_for, ~reason, __ATOMIC_SEQ_CST);
}

bool schedule_runnable(const struct vcpu *vcpu)
{
    return !(__atomic_load_n(&vcpu->stopped_for, __ATOMIC_SEQ_CST) & (VCPU_DOWN | VCPU_BLOCKED));
}

/* "Blocked" is set before the look, by a locked instruction: an event raised after the look finds it set. */
void schedule_block(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->info->evtchn_upcall_mask, 0, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&vcpu->stopped_for, VCPU_BLOCKED, __ATOMIC_SEQ_CST);
    if (event_bits_due(vcpu->info))
        clear_reason(vcpu, VCPU_BLOCKED);
}

void schedule_poll(struct vcpu *vcpu)
{
    __atomic_fetch_or(&vcpu->stopped_for, VCPU_BLOCKED | VCPU_POLLING, __ATOMIC_SEQ_CST);
}

void schedule_poll_cancel(struct vcpu *vcpu)
{
    clear_reason(vcpu, VCPU_BLOCKED | VCPU_POLLING);
}

/* A CPU that idles finds the interrupt waiting even if it comes just before its HLT (cpu_idle). */
void schedule_look(struct vcpu *vcpu)
{
    if (vcpu->cpu != cpu_id())
        smp_wake(vcpu->cpu);
}

void schedule_kick(struct vcpu *vcpu)
{
    clear_reason(vcpu, VCPU_BLOCKED | VCPU_POLLING);
    schedule_look(vcpu);
}

void schedule_up(struct vcpu *vcpu)
{
    clear_reason(vcpu, VCPU_DOWN);
    schedule_look(vcpu);
}

void schedule_down(struct vcpu *vcpu)
{
    __atomic_fetch_or(&vcpu->stopped_for, VCPU_DOWN, __ATOMIC_SEQ_CST);
    schedule_look(vcpu);
}

bool schedule_is_down(const struct vcpu *vcpu)
{
    return __atomic_load_n(&vcpu->stopped_for, __ATOMIC_SEQ_CST) & VCPU_DOWN;
}

void schedule_mark_entered(void)
{
    __atomic_store_n(&slots[cpu_id()].entered, true, __ATOMIC_SEQ_CST);
}

void schedule_mark_stopped(void)
{
    __atomic_store_n(&slots[cpu_id()].stopped, true, __ATOMIC_SEQ_CST);
}

/* A CPU that has not entered sees the end when it does: both are in one order. */
static bool all_stopped(const struct domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++) {
        unsigned cpu = domain->vcpus[i].cpu;

        if (cpu != cpu_id() && !keeper_cpu_stopped(cpu) &&
            __atomic_load_n(&slots[cpu].entered, __ATOMIC_SEQ_CST) &&
            !__atomic_load_n(&slots[cpu].stopped, __ATOMIC_SEQ_CST))
            return false;
    }
    return true;
}

bool schedule_stop_all(struct domain *domain)
{
    uint64_t start_ns = keeper_now_ns();

    for (unsigned i = 0; i < domain->vcpu_count; i++)
        schedule_look(&domain->vcpus[i]);
    for (uint32_t turn = 0; turn < STOP_PATIENCE_TURNS; turn++) {
        if (all_stopped(domain))
            return true;
        if (turn % 1024 == 1023 && keeper_now_ns() - start_ns > STOP_PATIENCE_NS)
            return false;
        cpu_relax();
    }
    return false;
}
