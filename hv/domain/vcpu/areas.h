/*
 * How long a VCPU ran, waited and slept (Xen's runstate); and the areas in its own memory where a guest wants
 * runstate and time to be kept up to date.
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
    bool runstate_area_old; /* the runstate has changed since it was written there */
    uint64_t time_area;
    uint32_t time_area_version;      /* of the slot's record that was last written there */
    uint64_t time_left_tsc;          /* when the VCPU last stopped running; 0: it runs */
    struct vcpu_time_info time_line; /* what the time area says */
};

/* Begins a new state, RUNSTATE_*. Any CPU. */
void runstate_change(struct vcpu *vcpu, int state);
/* Reads the runstate as of now, with the time in the present state counted in. Any CPU. */
void runstate_read(struct vcpu *vcpu, struct vcpu_runstate_info *out);

/* On its own CPU, when the VCPU stops running: it reads its time area no further. */
void areas_left(struct vcpu *vcpu);
/* Writes what has changed, on the way back into the VCPU, on its own CPU. Leaves out an unmapped area. */
void areas_refresh(struct vcpu *vcpu);

#endif
