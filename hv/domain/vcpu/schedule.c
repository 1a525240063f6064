#include "domain/vcpu/schedule.h"

#include <stddef.h>

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "domain/events/events.h"
#include "domain/vcpu/vcpu.h"

#define STOP_WITHIN_NS 2000000000ull

static struct {
    struct vcpu *vcpu; /* the one that this CPU runs; NULL: none */
    bool entered;      /* the CPU has come to run_next: only from then on can a domain's end wait for it */
} __attribute__((aligned(64))) cpus[MAX_CPUS];

bool schedule_place(struct domain *domain)
{
    unsigned vcpu = 0;

    for (unsigned cpu = 0; cpu < cpu_count() && vcpu < domain->vcpu_count; cpu++)
        if (keeper_cpu_measured(cpu) && !cpus[cpu].vcpu)
            domain->vcpus[vcpu++].cpu = cpu;
    return vcpu == domain->vcpu_count;
}

void schedule_add(struct domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        __atomic_store_n(&cpus[domain->vcpus[i].cpu].vcpu, &domain->vcpus[i], __ATOMIC_RELEASE);
}

struct vcpu *schedule_current(void)
{
    return __atomic_load_n(&cpus[cpu_id()].vcpu, __ATOMIC_ACQUIRE);
}

static void clear_reason(struct vcpu *vcpu, uint32_t reason)
{
    __atomic_fetch_and(&vcpu->stopped_for, ~reason, __ATOMIC_SEQ_CST);
}

bool schedule_runnable(const struct vcpu *vcpu)
{
    return !(__atomic_load_n(&vcpu->stopped_for, __ATOMIC_SEQ_CST) & (VCPU_DOWN | VCPU_BLOCKED));
}

/* "Blocked" is set, by a locked instruction, before the bits are checked: a later event finds it set. */
void schedule_block(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu_info_of(vcpu)->evtchn_upcall_mask, 0, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&vcpu->stopped_for, VCPU_BLOCKED, __ATOMIC_SEQ_CST);
    if (event_upcall_due(vcpu_info_of(vcpu)))
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

/* An interrupt that comes just before a CPU's HLT is not lost (cpu_idle). */
void schedule_nudge(struct vcpu *vcpu)
{
    if (vcpu->cpu != cpu_id())
        smp_wake(vcpu->cpu);
}

void schedule_kick(struct vcpu *vcpu)
{
    clear_reason(vcpu, VCPU_BLOCKED | VCPU_POLLING);
    schedule_nudge(vcpu);
}

void schedule_notify(struct domain *domain, struct event_effect effect)
{
    if (effect.upcall)
        schedule_kick(&domain->vcpus[effect.vcpu]);
    if (!effect.became_pending)
        return;
    /* Any port wakes a VCPU that polls; it checks for itself whether that was one of its own. */
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if (__atomic_load_n(&domain->vcpus[i].stopped_for, __ATOMIC_SEQ_CST) & VCPU_POLLING)
            schedule_kick(&domain->vcpus[i]);
}

void schedule_up(struct vcpu *vcpu)
{
    clear_reason(vcpu, VCPU_DOWN);
    schedule_nudge(vcpu);
}

void schedule_down(struct vcpu *vcpu)
{
    __atomic_fetch_or(&vcpu->stopped_for, VCPU_DOWN, __ATOMIC_SEQ_CST);
    schedule_nudge(vcpu);
}

bool schedule_is_down(const struct vcpu *vcpu)
{
    return __atomic_load_n(&vcpu->stopped_for, __ATOMIC_SEQ_CST) & VCPU_DOWN;
}

void schedule_mark_entered(void)
{
    __atomic_store_n(&cpus[cpu_id()].entered, true, __ATOMIC_SEQ_CST);
}

void schedule_mark_stopped(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->left_for_good, true, __ATOMIC_SEQ_CST);
}

bool schedule_wait(bool (*done)(const void *what), const void *what, uint64_t most_ns)
{
    /* The clock itself might stand still. */
    const uint64_t spins = most_ns / 5 * 2;
    uint64_t start_ns = keeper_now_ns();

    for (uint64_t spin = 0; spin < spins; spin++) {
        if (done(what))
            return true;
        if (spin % 1024 == 1023 && keeper_now_ns() - start_ns > most_ns)
            return false;
        cpu_relax();
    }
    return false;
}

/* A CPU that has not entered yet will see the end when it does: both are seen in one order by all. */
static bool all_stopped(const void *of)
{
    const struct domain *domain = of;

    for (unsigned i = 0; i < domain->vcpu_count; i++) {
        const struct vcpu *vcpu = &domain->vcpus[i];

        if (vcpu->cpu != cpu_id() && !keeper_cpu_stopped(vcpu->cpu) &&
            __atomic_load_n(&cpus[vcpu->cpu].entered, __ATOMIC_SEQ_CST) &&
            !__atomic_load_n(&vcpu->left_for_good, __ATOMIC_SEQ_CST))
            return false;
    }
    return true;
}

bool schedule_stop_all(struct domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        schedule_nudge(&domain->vcpus[i]);
    return schedule_wait(all_stopped, domain, STOP_WITHIN_NS);
}
