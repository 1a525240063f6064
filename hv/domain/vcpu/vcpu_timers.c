#include "domain/vcpu/vcpu_timers.h"

#include "domain/vcpu/end.h"
#include "domain/events/events.h"
#include "domain/guest.h"
#include "domain/vcpu/schedule.h"
#include "keeper.h"

static struct vcpu *timer_vcpu(struct timer *timer)
{
    return ((struct vcpu_timer *)timer)->vcpu;
}

/* Never counted as time: how late it comes, or how many ticks were one, the guest reads off its clock. */
static void periodic_work(struct vcpu *vcpu, uint64_t now_ns)
{
    if (!vcpu->periodic_period_ns || end_begun())
        return;
    if (now_ns - vcpu->periodic_last_ns >= vcpu->periodic_period_ns) {
        events_virq(vcpu, VIRQ_TIMER);
        vcpu->periodic_last_ns = now_ns;
    }
    keeper_timer_arm(&vcpu->periodic.timer, vcpu->periodic_last_ns + vcpu->periodic_period_ns);
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
    events_virq(timer_vcpu(timer), VIRQ_TIMER);
}

static void poll_expired(struct timer *timer, uint64_t now_ns)
{
    (void)now_ns;
    schedule_kick(timer_vcpu(timer));
}

void vcpu_timers_init(struct vcpu *vcpu)
{
    vcpu->periodic = (struct vcpu_timer){{.expired = periodic_expired}, vcpu};
    vcpu->singleshot = (struct vcpu_timer){{.expired = singleshot_expired}, vcpu};
    vcpu->poll = (struct vcpu_timer){{.expired = poll_expired}, vcpu};
    vcpu->periodic_period_ns = PERIODIC_START_NS;
    vcpu->periodic_request_ns = PERIODIC_AS_IT_IS;
}

void vcpu_timers_set_periodic(struct vcpu *vcpu, uint64_t period_ns)
{
    __atomic_store_n(&vcpu->periodic_request_ns, period_ns, __ATOMIC_SEQ_CST);
    schedule_look(vcpu);
}

void vcpu_timers_serve(struct vcpu *vcpu)
{
    uint64_t period_ns = __atomic_exchange_n(&vcpu->periodic_request_ns, PERIODIC_AS_IT_IS, __ATOMIC_SEQ_CST);

    if (period_ns == PERIODIC_AS_IT_IS)
        return;
    vcpu->periodic_period_ns = period_ns;
    keeper_timer_cancel(&vcpu->periodic.timer);
    if (vcpu->running)
        periodic_work(vcpu, keeper_now_ns());
}

void vcpu_timers_set_singleshot(struct vcpu *vcpu, uint64_t deadline_ns)
{
    if (deadline_ns > keeper_now_ns()) {
        keeper_timer_arm(&vcpu->singleshot.timer, deadline_ns);
        return;
    }
    keeper_timer_cancel(&vcpu->singleshot.timer);
    events_virq(vcpu, VIRQ_TIMER);
}

void vcpu_timers_stop_singleshot(struct vcpu *vcpu)
{
    keeper_timer_cancel(&vcpu->singleshot.timer);
}

void vcpu_timers_set_poll(struct vcpu *vcpu, uint64_t deadline_ns)
{
    keeper_timer_arm(&vcpu->poll.timer, deadline_ns);
}

void vcpu_timers_resume(struct vcpu *vcpu)
{
    keeper_timer_cancel(&vcpu->poll.timer);
    periodic_work(vcpu, keeper_now_ns());
}

void vcpu_timers_suspend(struct vcpu *vcpu)
{
    keeper_timer_cancel(&vcpu->periodic.timer);
}
