/* Event channels: the timer's and one for IPIs, on every VCPU. */
#ifndef GUEST_EVENTS_H
#define GUEST_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Masks all ports and registers the callbacks. Crashes the domain if they are refused. Once, on VCPU 0. */
void events_init(void);
/* Binds and unmasks the timer's port and the IPI port of VCPU `id`. Returns 0, or the refusal. */
long events_bind(uint32_t id);

/* Enables upcalls on the calling VCPU. */
void events_enable(void);
/* Disables them. */
void events_disable(void);
/* Sleeps until an upcall comes, and takes it. Upcalls are disabled before, and enabled afterwards. */
void events_wait(void);

/* Sends an IPI to VCPU `id`, which counts it in its `ipis`. */
void events_send_ipi(uint32_t id);

#endif
