/*
 * UTC. The guest's wall clock is the hypervisor's, read from its records (the time page, or beside Xen's); or
 * the guest's own, kept on system time.
 */
#ifndef GUEST_WALL_H
#define GUEST_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/clock.h"

/*
 * FOLLOWS: the hypervisor's, for all. DISCIPLINED: its own, as something outside keeps it right; what is set
 * reaches the hypervisor too, and sync.h brings it there again and again. INDEPENDENT: its own, and nobody
 * else's: it neither moves the hypervisor's nor is moved by it.
 */
enum wall_kind { WALL_FOLLOWS, WALL_DISCIPLINED, WALL_INDEPENDENT };

/*
 * On VCPU 0, before the others start. An own clock begins with the hypervisor's UTC, and runs steer_ppb
 * faster than system time, as its discipline asks for.
 */
void wall_init(enum wall_kind kind, uint32_t steer_ppb);
bool wall_is_own(void);

/* With its bound where there is one (err_ns all ones: unknown, and then only `now` is of use). */
struct meridian_wall wall_now(struct meridian_counts *counts);
/* The same at the moment of a sample. */
struct meridian_utc wall_at(const struct meridian_sample *sample);

/* The hypervisor's, whoever's the guest goes by: UTC when system time was 0. */
struct meridian_utc wall_base(const struct meridian_sample *sample);

/* Sets the guest's, and where it is not independent the hypervisor's. 0, or the hypervisor's refusal. */
long wall_set(int64_t utc_s, uint32_t utc_ns);
/* XENPF_settime64: it was `utc` at system time `system_ns`. Only the privileged domain may. */
long wall_push(struct meridian_utc utc, uint64_t system_ns);

/* A line that says it. */
void wall_print(void);

#endif
