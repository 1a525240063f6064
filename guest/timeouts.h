/* One-shot timeouts in system time, one after another, to see that they come and how late. */
#ifndef GUEST_TIMEOUTS_H
#define GUEST_TIMEOUTS_H

#include <stdint.h>

struct timeouts {
    uint64_t deadline_ns; /* 0: none is set */
    uint64_t set, fired;  /* `set` counts those the hypervisor took */
    uint64_t late_ns;     /* the latest */
    uint64_t overslept;   /* those that came due while the VCPU was down: not late by anybody's fault */
};

/* On the VCPU itself; sets the first. */
void timeouts_start(void);
/*
 * On the VCPU itself, up again at system time `now_ns`: a deadline is one of system time, which went on. One
 * that is still to come is set again, whatever became of the hypervisor's timer; for one that is over, the
 * next is.
 */
void timeouts_resume(uint64_t now_ns);
/* From the upcall, at system time `now_ns`: if the deadline is past, notes it and sets the next. */
void timeouts_run(uint64_t now_ns);

#endif
