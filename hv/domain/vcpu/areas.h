/*
 * How long a VCPU ran, waited, slept: Xen's runstate. And the places in a guest's own memory that it asked to
 * be kept up to date: runstate and time areas.
 */
#ifndef DOMAIN_AREAS_H
#define DOMAIN_AREAS_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/vcpu.h>

#include "cpu/lock.h"

struct vcpu;

/* Addresses are guest virtual; 0: none. */
struct vcpu_areas {
    struct lock runstate_lock;
    struct vcpu_runstate_info runstate; /* under runstate_lock */
    uint64_t runstate_area;
    bool runstate_area_old; /* what was last written there is not of now */
    uint64_t time_area;
    uint32_t time_area_version;      /* of the slot's record that was last written there */
    struct vcpu_time_info time_line; /* what the time area says */
};

/* `state`: RUNSTATE_*. Any CPU. */
void runstate_change(struct vcpu *vcpu, int state);
/* As of now: the time in the present state is counted in. Any CPU. */
void runstate_read(struct vcpu *vcpu, struct vcpu_runstate_info *out);

/* On the way back into the VCPU, on its own CPU: writes what has changed. An area that is not mapped is left
 * alone. */
void areas_refresh(struct vcpu *vcpu);

#endif
