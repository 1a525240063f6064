/*
 * Who runs where. For now each VCPU has a CPU of its own; the rest of the domain only asks for what is named
 * here, so that more VCPUs than CPUs can fit in later.
 */
#ifndef DOMAIN_SCHEDULE_H
#define DOMAIN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct vcpu;

/* Once, before any VCPU is up: vcpu->cpu says where each is to run. */
void schedule_add(struct domain *domain);

/* This CPU's VCPU, the one whose trap it handles; NULL: it is nobody's. */
struct vcpu *schedule_current(void);

/* Not down, not blocked. */
bool schedule_runnable(const struct vcpu *vcpu);

/* The VCPU at hand waits for an event, or goes on at once if one is there. It takes effect in run_next.
 */
void schedule_block(struct vcpu *vcpu);
/* Like it, for SCHEDOP_poll: any upcall wakes it too, masked or not. The caller looks at its ports
 * afterwards. */
void schedule_poll(struct vcpu *vcpu);
void schedule_poll_cancel(struct vcpu *vcpu);

/* Something is there for `vcpu`: unblocks it and has its CPU look. Any CPU. */
void schedule_kick(struct vcpu *vcpu);

/* Any CPU: has the CPU of `vcpu` go through run_next soon. */
void schedule_look(struct vcpu *vcpu);

void schedule_up(struct vcpu *vcpu);
void schedule_down(struct vcpu *vcpu);
bool schedule_is_down(const struct vcpu *vcpu);

/* By run_next, of this CPU: it will look for the domain's end; it has seen it and runs no VCPU any more. */
void schedule_mark_entered(void);
void schedule_mark_stopped(void);

/* Has every other CPU that runs a VCPU of `domain` stop it. True when all did so within 2 s. */
bool schedule_stop_all(struct domain *domain);

#endif
