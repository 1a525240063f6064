/* Event channels: the timer's and one for IPIs, on every VCPU. */
#ifndef GUEST_EVENTS_H
#define GUEST_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Once, on VCPU 0: masks all ports, registers the callbacks. Crashes the domain where that is refused. */
void events_init(void);
/* Gives VCPU `id` its timer and IPI ports, unmasked. 0, or the hypervisor's refusal. */
long events_bind(uint32_t id);

/* Upcalls of the calling VCPU. */
void events_enable(void);
void events_disable(void);
/* With upcalls disabled: sleeps until one comes, takes it, and returns with upcalls enabled. */
void events_wait(void);

/* Sends VCPU `id` an IPI; it counts them in its `ipis`. */
void events_send_ipi(uint32_t id);

#endif
