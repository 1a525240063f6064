/*
 * The door out: what a CPU does after each trap from its guest, and after its start-up. It goes back to its
 * VCPU, or idles until an interrupt.
 */
#include "domain/guest_doors.h"

#include "cpu/traps.h"
#include "domain/vcpu/areas.h"
#include "domain/vcpu/context.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/inject.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/tlb.h"
#include "domain/vcpu/vcpu.h"
#include "domain/vcpu/vcpu_timers.h"

static void vcpu_leave(struct vcpu *vcpu)
{
    if (vcpu->running) {
        vcpu->running = false;
        keeper_vcpu_left(&vcpu->domain->time, vcpu->id);
        areas_left(vcpu);
        tlb_leave();
        vcpu_timers_suspend(vcpu);
    }
    runstate_change(vcpu, schedule_is_down(vcpu) ? RUNSTATE_offline : RUNSTATE_blocked);
}

static void vcpu_enter(struct vcpu *vcpu)
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

/* Does all that must be done before the guest goes on. Returns false if the VCPU must not run now. */
static bool vcpu_prepare(struct vcpu *vcpu)
{
    vcpu_timers_serve(vcpu);
    if (!schedule_runnable(vcpu)) {
        vcpu_leave(vcpu);
        return false;
    }
    if (!vcpu->running) {
        if (!keeper_vcpu_may_run(&vcpu->domain->time, vcpu->id))
            return false;
        vcpu_enter(vcpu);
    }
    if (!inject_upcall(vcpu))
        return false;
    areas_refresh(vcpu);
    return true;
}

/*
 * Interrupts are off from here to the guest's first instruction (or cpu_idle). So whatever changes after it
 * was checked here comes with an interrupt that brings this CPU straight back.
 */
_Noreturn void run_next(void)
{
    schedule_mark_entered();
    for (;;) {
        struct vcpu *vcpu = schedule_current();

        tlb_serve();
        if (vcpu && domain_has_ended(vcpu->domain))
            schedule_mark_stopped(vcpu);
        else if (vcpu && vcpu_prepare(vcpu))
            guest_resume(&vcpu->frame);
        cpu_idle();
    }
}
