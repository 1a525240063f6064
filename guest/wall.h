/*
 * UTC. The guest's wall clock is the hypervisor's, read from its records (the time page, or what stands
 * beside Xen's records); or it is the guest's own, kept on system time.
 */
#ifndef GUEST_WALL_H
#define GUEST_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/clock.h"

/*
 * WALL_FOLLOWS      The guest goes by the hypervisor's wall clock.
 * WALL_DISCIPLINED  It has its own, which something outside keeps right. Setting it sets the hypervisor's
 *                   too, and the sync does so again and again.
 * WALL_INDEPENDENT  It has its own. Neither clock moves the other.
 */
enum wall_kind { WALL_FOLLOWS, WALL_DISCIPLINED, WALL_INDEPENDENT };

/*
 * Starts the wall clock. An own one begins with the hypervisor's UTC, and runs steer_ppb faster than system
 * time, as its discipline asks for. Call it on VCPU 0, before the others start.
 */
void wall_init(enum wall_kind kind, uint32_t steer_ppb);
/* Returns true if the guest has its own wall clock. */
bool wall_is_own(void);

/* Returns the guest's UTC with its bound. While the bound is unknown (all ones), only `now` is of use. */
struct meridian_wall wall_now(struct meridian_counts *counts);
/* Returns the guest's UTC at the moment of a sample. */
struct meridian_utc wall_at(const struct meridian_sample *sample);

/* Returns the hypervisor's UTC at system time 0, whichever wall clock the guest goes by. */
struct meridian_utc wall_base(const struct meridian_sample *sample);

/* Sets the guest's wall clock and, unless it is independent, the hypervisor's. Returns 0, or the refusal. */
long wall_set(int64_t utc_s, uint32_t utc_ns);
/*
 * Tells the hypervisor that it was `utc` at system time `system_ns` (XENPF_settime64). Returns 0, or the
 * refusal: only the privileged domain may.
 */
long wall_push(struct meridian_utc utc, uint64_t system_ns);

/*
 * The sync of the hypervisor's wall clock. A privileged guest with a disciplined wall clock tells it to the
 * hypervisor every minute, as the 2005 guest did under NTP.
 */
struct sync {
    uint64_t period_ns, next_ns;
    uint64_t done, refused;
    bool on;
};

extern struct sync sync;

/* Starts the sync: the first is due at system time `now_ns`, then one every `period_s` (0: none at all). */
void sync_start(struct sync *sync, uint64_t now_ns, uint64_t period_s);
/* Returns true if one is due. The next is due a whole number of periods later: missed ones are left out. */
bool sync_due(struct sync *sync, uint64_t now_ns);
/* Does a sync if one is due at system time `now_ns`. VCPU 0's upcall calls it. */
void sync_run(uint64_t now_ns);

/* Prints the guest's UTC, for people (wall_report.c, as are those below). */
void wall_print(void);
/* Prints a @wall line. `when` is one word. All figures of the line are of one sample. */
void wall_report(const char *when);
/* Returns NULL if nothing was wrong with the wall clock, else a word for what was. */
const char *wall_fault(void);

#endif
