/*
 * VCPUs go down and come up again, one after another, while the others measure. Each of VCPUs 1 and up takes
 * itself down, as a kernel's hot-plug does, and VCPU 0 brings it up. At last VCPU 1 takes VCPU 0 down in the
 * midst of whatever it does, and brings it up.
 */
#ifndef GUEST_RESUME_H
#define GUEST_RESUME_H

#include <stdbool.h>
#include <stdint.h>

/* Begins: each VCPU goes down for down_ms; 0: none does. Call it on VCPU 0, before the others measure. */
void resume_init(uint32_t vcpus, uint32_t down_ms);
/* Does what is due by time. Call it on VCPU `me`, between two of its reads. */
void resume_poll(uint32_t me);

/* Returns true if every VCPU that was to go down has been down and is up again. */
bool resume_complete(void);
/* Prints a @resume line for each VCPU. */
void resume_print(void);

#endif
