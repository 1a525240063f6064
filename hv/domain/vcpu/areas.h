/* Places in a guest's own memory that it asked to be kept up to date: runstate and time areas. */
#ifndef DOMAIN_AREAS_H
#define DOMAIN_AREAS_H

struct vcpu;

/* On the way back into the VCPU, on its own CPU: writes what has changed. An area that is not mapped is left
 * alone. */
void areas_update(struct vcpu *vcpu);

#endif
