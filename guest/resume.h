/*
 * VCPUs that go down and come up again, one after another while the others measure: each of VCPUs 1 and up
 * takes itself down, as a kernel's hot-plug does, and is brought up by VCPU 0; at last VCPU 1 takes VCPU 0
 * down in the midst of whatever it does, and brings it up.
 */
#ifndef GUEST_RESUME_H
#define GUEST_RESUME_H

#include <stdbool.h>
#include <stdint.h>

/* On VCPU 0, before the others begin: from now on, each for down_ms; 0: nobody goes down. */
void resume_init(uint32_t vcpus, uint32_t down_ms);
/* On every VCPU, between two of its reads. */
void resume_poll(uint32_t me);

/* Whether all who should have been down and up again have been. */
bool resume_complete(void);
/* One @resume line for each. */
void resume_print(void);

#endif
