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
 * reaches the hypervisor too, and the sync brings it there again and again. INDEPENDENT: its own, and nobody
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

/*
 * The sync of the hypervisor's wall clock: a privileged guest whose own clock is disciplined tells it to the
 * hypervisor every minute, as the 2005 guest did under NTP.
 */
struct sync {
    uint64_t period_ns, next_ns;
    uint64_t done, refused;
    bool on;
};

extern struct sync sync;

/* From system time `now_ns` on, at once and then every `period_s`. */
void sync_start(struct sync *sync, uint64_t now_ns, uint64_t period_s);
/* Whether one is due. Those that were missed are not made up for: the next is due when it would have been. */
bool sync_due(struct sync *sync, uint64_t now_ns);
/* From VCPU 0's upcall, at system time `now_ns`. */
void sync_run(uint64_t now_ns);

/* What the run says about wall time (wall_report.c): a line for people; and for programs: @wall lines. */

/* A line that says it. */
void wall_print(void);
/* `when`: one word. All figures of a line are of one sample. */
void wall_report(const char *when);
/* NULL: nothing is wrong with it. Else what, in a word. */
const char *wall_fault(void);

#endif
