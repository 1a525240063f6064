#include "domain/schedule.h"

#include <stddef.h>

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "domain/areas.h"
#include "domain/context.h"
#include "domain/end.h"
#include "domain/event_bits.h"
#include "domain/guest.h"
#include "domain/inject.h"
#include "domain/runstate.h"
#include "domain/tlb.h"
#include "domain/vcpu_timers.h"

#define STOP_PATIENCE_NS    2000000000ull
#define STOP_PATIENCE_TURNS 800000000u /* should the clock itself stand still */

static struct {
    struct vcpu *vcpu; /* whose CPU this is; NULL: nobody's */
    bool entered;      /* it has come to schedule_next: only then can it stop for somebody */
    bool stopped;      /* it has seen the domain's end and runs no VCPU any more */
} __attribute__((aligned(64))) slots[MAX_CPUS];

void schedule_add(struct domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        __atomic_store_n(&slots[domain->vcpus[i].cpu].vcpu, &domain->vcpus[i], __ATOMIC_RELEASE);
}

struct vcpu *schedule_current(void)
{
    return slots[cpu_id()].vcpu;
}

static void clear_reason(struct vcpu *vcpu, uint32_t reason)
{
    __atomic_fetch_and(&vcpu->stopped_for, ~reason, __ATOMIC_SEQ_CST);
}

static bool runnable(const struct vcpu *vcpu)
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

static void leave(struct vcpu *vcpu)
{
    if (vcpu->running) {
        vcpu->running = false;
        tlb_leave();
        vcpu_timers_suspend(vcpu);
    }
    runstate_change(vcpu, schedule_is_down(vcpu) ? RUNSTATE_offline : RUNSTATE_blocked);
}

static void enter(struct vcpu *vcpu)
{
    if (!vcpu->context_loaded) {
        vcpu->context_loaded = true;
        context_load(vcpu);
    }
    vcpu->running = true;
    tlb_enter();
    runstate_change(vcpu, RUNSTATE_running);
    vcpu_timers_resume(vcpu);
}

/* All that stands between a CPU and its guest. False: there is nothing to run. */
static bool prepare(struct vcpu *vcpu)
{
    vcpu_timers_serve(vcpu);
    if (!runnable(vcpu)) {
        leave(vcpu);
        return false;
    }
    if (!vcpu->running)
        enter(vcpu);
    if (!inject_event(vcpu))
        return false;
    areas_update(vcpu);
    return true;
}

/*
 * Interrupts are off from here to the guest's first instruction, so one that comes after a look at anything
 * brings this CPU straight back here.
 */
_Noreturn void schedule_next(void)
{
    unsigned cpu = cpu_id();

    __atomic_store_n(&slots[cpu].entered, true, __ATOMIC_SEQ_CST);
    for (;;) {
        struct vcpu *vcpu = __atomic_load_n(&slots[cpu].vcpu, __ATOMIC_ACQUIRE);

        tlb_serve();
        if (end_begun())
            __atomic_store_n(&slots[cpu].stopped, true, __ATOMIC_SEQ_CST);
        else if (vcpu && prepare(vcpu))
            guest_resume(&vcpu->frame);
        cpu_idle();
    }
}

/* A CPU that has not entered sees the end when it does: both are in one order. */
static bool all_stopped(const struct domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++) {
        unsigned cpu = domain->vcpus[i].cpu;

        if (cpu != cpu_id() && __atomic_load_n(&slots[cpu].entered, __ATOMIC_SEQ_CST) &&
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
