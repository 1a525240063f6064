/*
 * How long a VCPU ran, waited, slept: Xen's runstate. And the places in a guest's own memory that it asked to
 * be kept up to date: runstate and time areas.
 */
#ifndef DOMAIN_AREAS_H
#define DOMAIN_AREAS_H

struct vcpu;
struct vcpu_runstate_info;

/* `state`: RUNSTATE_*. Any CPU. */
void runstate_change(struct vcpu *vcpu, int state);
/* As of now: the time in the present state is counted in. Any CPU. */
void runstate_get(struct vcpu *vcpu, struct vcpu_runstate_info *out);

/* On the way back into the VCPU, on its own CPU: writes what has changed. An area that is not mapped is left
 * alone. */
void areas_update(struct vcpu *vcpu);

#endif
