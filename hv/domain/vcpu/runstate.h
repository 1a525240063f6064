/* How long a VCPU ran, waited, slept: Xen's runstate. */
#ifndef DOMAIN_RUNSTATE_H
#define DOMAIN_RUNSTATE_H

#include <stdint.h>

struct vcpu;
struct vcpu_runstate_info;

/* `state`: RUNSTATE_*. Any CPU. */
void runstate_change(struct vcpu *vcpu, int state);
/* As of now: the time in the present state is counted in. Any CPU. */
void runstate_get(struct vcpu *vcpu, struct vcpu_runstate_info *out);

#endif
