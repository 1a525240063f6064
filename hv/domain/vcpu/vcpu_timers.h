/*
 * A VCPU's timers, in the queue of its CPU: the periodic and the single-shot one raise VIRQ_TIMER, the third
 * ends a SCHEDOP_poll. Deadlines are in ns of system time (keeper_now_ns).
 */
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
    uint64_t period_ns, periodic_last_ns; /* for its own CPU alone; a period of 0: the timer is off */
    uint64_t period_request_ns; /* atomic: a new period for its CPU to take up; PERIOD_AS_IT_IS: none */
};

void vcpu_timers_init(struct vcpu *vcpu);

/* Sets a new period; 0 stops the timer. Any CPU: the VCPU's own CPU is nudged to take it up. */
void vcpu_timers_set_periodic(struct vcpu *vcpu, uint64_t period_ns);

/* On the VCPU's own CPU. The event for a deadline in the past is raised at once. */
void vcpu_timers_set_singleshot(struct vcpu *vcpu, uint64_t deadline_ns);
void vcpu_timers_stop_singleshot(struct vcpu *vcpu);
void vcpu_timers_set_poll(struct vcpu *vcpu, uint64_t deadline_ns);

/*
 * On the VCPU's own CPU, by run.c. As on Xen, the periodic timer stands still while the VCPU does not run.
 * When the VCPU goes on, the ticks that came due in the meantime become one tick, at once.
 */
void vcpu_timers_serve(struct vcpu *vcpu); /* takes up a period that vcpu_timers_set_periodic left */
void vcpu_timers_resume(struct vcpu *vcpu);
void vcpu_timers_suspend(struct vcpu *vcpu);

#endif
