/* One-shot timeouts in system time, one after another, to see that they come and how late. */
#ifndef GUEST_TIMEOUTS_H
#define GUEST_TIMEOUTS_H

#include <stdint.h>

struct timeouts {
    uint64_t deadline_ns; /* 0: none is set */
    uint64_t set, fired;  /* `set` counts those the hypervisor took */
    uint64_t late_ns;     /* the latest */
};

/* On the VCPU itself; sets the first. */
void timeouts_start(void);
/* From the upcall, at system time `now_ns`: if the deadline is past, notes it and sets the next. */
void timeouts_run(uint64_t now_ns);

#endif
