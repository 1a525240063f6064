/*
 * Which VCPU runs where, and when. For now each VCPU has a CPU of its own. The rest of the room uses only
 * what is named here, so a scheduler for more VCPUs than CPUs can come in later.
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

/* Returns this CPU's VCPU, the one that its traps come from, or NULL if it has none. */
struct vcpu *schedule_current(void);

/* Returns true if the VCPU is neither down nor blocked. */
bool schedule_runnable(const struct vcpu *vcpu);

/* Makes the VCPU at hand wait for an event, unless one is there already. It takes effect in run_next. */
void schedule_block(struct vcpu *vcpu);
/*
 * The same for SCHEDOP_poll: any port that becomes pending wakes the VCPU, masked or not. The caller checks
 * the ports afterwards, and cancels if one is pending.
 */
void schedule_poll(struct vcpu *vcpu);
void schedule_poll_cancel(struct vcpu *vcpu);

/* Unblocks `vcpu`, for which something has come, and nudges its CPU. Any CPU. */
void schedule_kick(struct vcpu *vcpu);

/* Wakes every VCPU that a change of event channels concerns (events.h). Any CPU. */
void schedule_notify(struct domain *domain, struct event_effect effect);

/* Makes the CPU of `vcpu` go through run_next soon. Any CPU. */
void schedule_nudge(struct vcpu *vcpu);

void schedule_up(struct vcpu *vcpu);
void schedule_down(struct vcpu *vcpu);
bool schedule_is_down(const struct vcpu *vcpu);

/* By run_next: from here on this CPU sees when its VCPU's domain ends. */
void schedule_mark_entered(void);
/* By run_next, on the VCPU's own CPU: it has seen the domain's end and never runs the VCPU again. */
void schedule_mark_stopped(struct vcpu *vcpu);

/* Stops every VCPU of `domain` that runs on another CPU. Returns true if all have stopped within 2 s. */
bool schedule_stop_all(struct domain *domain);

/*
 * Waits until `done(what)` returns true, for at most `most_ns` of system time; the spins are bounded too, in
 * case the clock stands still. Returns false if `done` never returned true.
 */
bool schedule_wait(bool (*done)(const void *what), const void *what, uint64_t most_ns);

#endif
