/* A VCPU's timers, on the queue of its CPU: periodic, single-shot, and SCHEDOP_poll's patience. All raise
 * VIRQ_TIMER but the last. Deadlines are in keeper_now_ns() time. */
#ifndef DOMAIN_VCPU_TIMERS_H
#define DOMAIN_VCPU_TIMERS_H

#include <stdint.h>

#include "time/timerq.h"

struct vcpu;

/* A timer that knows its VCPU. Armed and cancelled on the VCPU's own CPU only. */
struct vcpu_timer {
    struct timer timer; /* first */
    struct vcpu *vcpu;
};

struct vcpu_timers {
    struct vcpu_timer periodic, singleshot, poll;
    uint64_t period_ns, periodic_last_ns; /* its own CPU's */
    uint64_t period_request_ns;           /* atomic: for its CPU to take up; PERIOD_AS_IT_IS: none */
};

void vcpu_timers_init(struct vcpu *vcpu);

/* Any CPU; 0 stops it. Taken up by the VCPU's own CPU at once. */
void vcpu_timers_set_periodic(struct vcpu *vcpu, uint64_t period_ns);

/* On the VCPU's own CPU. A deadline in the past fires at once. */
void vcpu_timers_set_singleshot(struct vcpu *vcpu, uint64_t deadline_ns);
void vcpu_timers_stop_singleshot(struct vcpu *vcpu);
void vcpu_timers_set_poll(struct vcpu *vcpu, uint64_t deadline_ns);

/*
 * On the VCPU's own CPU, by the scheduler. As on Xen, the periodic timer stands still while its VCPU does not
 * run; when that goes on, a tick that came due in the meantime is delivered at once, as one.
 */
void vcpu_timers_serve(struct vcpu *vcpu); /* what vcpu_timers_set_periodic left */
void vcpu_timers_resume(struct vcpu *vcpu);
void vcpu_timers_suspend(struct vcpu *vcpu);

#endif
