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

/* The VCPU whose trap this CPU is handling. */
struct vcpu *schedule_current(void);

/* What follows every trap from the guest, for traps_set_return; also where a CPU begins. */
_Noreturn void schedule_next(void);

/* The VCPU at hand waits for an event, or goes on at once if one is there. It takes effect in schedule_next.
 */
void schedule_block(struct vcpu *vcpu);
/* Like it, for SCHEDOP_poll: any upcall wakes it too, masked or not. The caller looks at its ports
 * afterwards. */
void schedule_poll(struct vcpu *vcpu);
void schedule_poll_cancel(struct vcpu *vcpu);

/* Something is there for `vcpu`: unblocks it and has its CPU look. Any CPU. */
void schedule_kick(struct vcpu *vcpu);

/* Any CPU: has the CPU of `vcpu` go through schedule_next soon. */
void schedule_look(struct vcpu *vcpu);

void schedule_up(struct vcpu *vcpu);
void schedule_down(struct vcpu *vcpu);
bool schedule_is_down(const struct vcpu *vcpu);

/* Has every other CPU that runs a VCPU of `domain` stop it. True when all did so within 2 s. */
bool schedule_stop_all(struct domain *domain);

#endif
