/* What the checks of reads (promises.c) and of looks at the reference (looks.c) share. */
#ifndef SIM_KEPT_H
#define SIM_KEPT_H

#include "promises.h"

#define PERIOD ((long double)PERIOD_NS)
/*
 * T6: the bound is known again so many periods after the last thing that was wrong: one to see it, four more
 * where it is a rate, one in which all CPUs look once more, four to settle, and what a period's end may add
 * to each.
 */
#define SETTLE_PERIODS 16
/* T5: the slew, and what the rate may not be known by. */
#define SLEW_MOST 1.0e-3L

struct promise_cpu {
    long double granted_ns; /* injected_ns() when it last looked: what it takes for granted */
    bool swallowed;         /* it took something for granted that it could not see */
    bool looking;
    bool doubt, tsc_doubt; /* something was touched since ... */
    long double doubt_ns;  /* ... last at */
    long double looked_ns; /* the last reading of which something came */
    long double width_ns;  /* and how wide it was */
    long double began_ns,
        u_ns;                  /* T4: since when, and its widest reading since then, half of it and a count */
    long double excused_ns;    /* until then it may be late */
    uint32_t epoch, all_epoch; /* when this look began, ... */
    uint64_t missed, now_ns;   /* periods without a reading; and what keeper_now_ns() gave last */
    uint64_t up_tsc;           /* when more was assumed of its crystal, as its look began */
    unsigned rate_looks;       /* so many more, and the rate that it goes by can be the right one */
    bool upset;                /* a disruption was seen when it looked last */
    bool lied;                 /* the reference did, when it looked last */
    long double bound_ns;      /* ... and what was promised then */
    uint16_t shown, counted;   /* disruptions in the record: read last, and before what is to be counted */
    long double told_ns;       /* since then the record must show it; NEVER: nothing is due */
};

/* Of each VCPU, what it read last. */
struct promise_vcpu {
    struct sim_read last;
    uint64_t most_ns, xen_ns;
    unsigned faults, modes; /* how often anything was touched, or the mode changed, by then */
    bool any;
};

struct kept {
    struct promise_cpu cpus[WORLD_CPUS];
    struct promise_vcpu vcpus[WORLD_CPUS];
    uint64_t stable_ns;         /* the greatest that was read of a common line */
    long double low_ns;         /* the most that S has been for certain */
    long double upset_ns;       /* until then something was wrong, or late */
    long double tsc_touched_ns; /* when a TSC was, last; below 0: never */
    long double ref_touched_ns; /* when the reference was */
    bool rates;                 /* the reference has counted at another rate */
    unsigned doubts;            /* CPUs in doubt */
    unsigned faults, modes;     /* how often anything was touched; and how often the mode changed */
};

extern struct kept kept;

void upset_until(long double ns);
/* What is told on this CPU may be wrong until it looks. */
void doubt(unsigned cpu);

#endif
