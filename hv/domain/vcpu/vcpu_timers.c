#include "domain/vcpu/vcpu_timers.h"

#include "domain/vcpu/end.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"
#include "keeper.h"

#define PERIOD_AS_IT_IS UINT64_MAX
#define PERIOD_START_NS 10000000ull /* Xen's, for every VCPU */

static struct vcpu *timer_vcpu(struct timer *timer)
{
    return ((struct vcpu_timer *)timer)->vcpu;
}

static void raise_timer_virq(struct vcpu *vcpu)
{
    schedule_notify(vcpu->domain, events_virq(&vcpu->domain->events, vcpu->id, VIRQ_TIMER));
}

/* The guest must not count ticks as time: they come late, or several as one. It reads its clock instead. */
static void periodic_work(struct vcpu *vcpu, uint64_t now_ns)
{
    if (!vcpu->timers.period_ns || domain_has_ended(vcpu->domain))
        return;
    if (now_ns - vcpu->timers.periodic_last_ns >= vcpu->timers.period_ns) {
        raise_timer_virq(vcpu);
        vcpu->timers.periodic_last_ns = now_ns;
    }
    keeper_timer_arm(&vcpu->timers.periodic.timer, vcpu->timers.periodic_last_ns + vcpu->timers.period_ns);
}

static void periodic_expired(struct timer *timer, uint64_t now_ns)
{
    struct vcpu *vcpu = timer_vcpu(timer);

    if (vcpu->running)
        periodic_work(vcpu, now_ns);
}

static void singleshot_expired(struct timer *timer, uint64_t now_ns)
{
    (void)now_ns;
    raise_timer_virq(timer_vcpu(timer));
}

static void poll_expired(struct timer *timer, uint64_t now_ns)
{
    (void)now_ns;
    schedule_kick(timer_vcpu(timer));
}

void vcpu_timers_init(struct vcpu *vcpu)
{
    vcpu->timers.periodic = (struct vcpu_timer){{.expired = periodic_expired}, vcpu};
    vcpu->timers.singleshot = (struct vcpu_timer){{.expired = singleshot_expired}, vcpu};
    vcpu->timers.poll = (struct vcpu_timer){{.expired = poll_expired}, vcpu};
    vcpu->timers.period_ns = PERIOD_START_NS;
    vcpu->timers.period_request_ns = PERIOD_AS_IT_IS;
}

void vcpu_timers_set_periodic(struct vcpu *vcpu, uint64_t period_ns)
{
    __atomic_store_n(&vcpu->timers.period_request_ns, period_ns, __ATOMIC_SEQ_CST);
    schedule_nudge(vcpu);
}

void vcpu_timers_serve(struct vcpu *vcpu)
{
    uint64_t period_ns =
        __atomic_exchange_n(&vcpu->timers.period_request_ns, PERIOD_AS_IT_IS, __ATOMIC_SEQ_CST);

    if (period_ns == PERIOD_AS_IT_IS)
        return;
    vcpu->timers.period_ns = period_ns;
    keeper_timer_cancel(&vcpu->timers.periodic.timer);
    if (vcpu->running)
        periodic_work(vcpu, keeper_now_ns());
}

void vcpu_timers_set_singleshot(struct vcpu *vcpu, uint64_t deadline_ns)
{
    if (deadline_ns > keeper_now_ns()) {
        keeper_timer_arm(&vcpu->timers.singleshot.timer, deadline_ns);
        return;
    }
    keeper_timer_cancel(&vcpu->timers.singleshot.timer);
    raise_timer_virq(vcpu);
}

void vcpu_timers_stop_singleshot(struct vcpu *vcpu)
{
    keeper_timer_cancel(&vcpu->timers.singleshot.timer);
}

void vcpu_timers_set_poll(struct vcpu *vcpu, uint64_t deadline_ns)
{
    keeper_timer_arm(&vcpu->timers.poll.timer, deadline_ns);
}

void vcpu_timers_resume(struct vcpu *vcpu)
{
    keeper_timer_cancel(&vcpu->timers.poll.timer);
    periodic_work(vcpu, keeper_now_ns());
}

void vcpu_timers_suspend(struct vcpu *vcpu)
{
    keeper_timer_cancel(&vcpu->timers.periodic.timer);
}
