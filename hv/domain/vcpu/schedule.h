/*
 * Who runs where. For now each VCPU has a CPU of its own; the rest of the domain only asks for what is named
 * here, so that more VCPUs than CPUs can fit in later.
 */
#ifndef DOMAIN_SCHEDULE_H
#define DOMAIN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct event_effect;
struct vcpu;

/*
 * Gives each VCPU a CPU: in order, the CPUs that are measured and run no VCPU yet. Returns false if there are
 * too few.
 */
bool schedule_place(struct domain *domain);

/* Once, before any VCPU is up: from here on each runs on its vcpu->cpu. All of `domain` must be ready. */
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

/* Wakes every VCPU that has to look after a change of event channels (events.h). Any CPU. */
void schedule_notify(struct domain *domain, struct event_effect effect);

/* Any CPU: has the CPU of `vcpu` go through run_next soon. */
void schedule_nudge(struct vcpu *vcpu);

void schedule_up(struct vcpu *vcpu);
void schedule_down(struct vcpu *vcpu);
bool schedule_is_down(const struct vcpu *vcpu);

/* By run_next: this CPU will look for the end of its VCPU's domain from here on. */
void schedule_mark_entered(void);
/* By run_next, on the VCPU's own CPU: it has seen the domain's end and never runs the VCPU again. */
void schedule_mark_stopped(struct vcpu *vcpu);

/* Has every other CPU that runs a VCPU of `domain` stop it. Returns true when all did so within 2 s. */
bool schedule_stop_all(struct domain *domain);

/*
 * Waits until `done(what)` returns true, for at most `most_ns` of system time, or a bounded number of spins
 * should the clock stand still. Returns false if it did not come to that.
 */
bool schedule_wait(bool (*done)(const void *what), const void *what, uint64_t most_ns);

#endif
