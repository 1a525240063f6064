/*
 * The sync of the hypervisor's wall clock: a privileged guest whose own clock is disciplined tells it to the
 * hypervisor every minute, as the 2005 guest did under NTP.
 */
#ifndef GUEST_SYNC_H
#define GUEST_SYNC_H

#include <stdbool.h>
#include <stdint.h>

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

#endif
