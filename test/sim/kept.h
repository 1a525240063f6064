/* What the checks of reads (promises.c) and of looks at the reference (looks.c) share. */
#ifndef SIM_KEPT_H
#define SIM_KEPT_H

#include "promises.h"

#define PERIOD ((long double)PERIOD_NS)
/* The judge's own arithmetic, and a TSC's tick. Promised is 0: S is whole ns, and the bound says so. */
#define T3_TOLERANCE_NS 1.0L
/* T5: the slew, and what the rate may not be known by. */
#define SLEW_MOST 1.0e-3L

struct promise_cpu {
    long double granted_ns; /* injected_ns() when it last looked: what it takes for granted */
    long double unseen_ns;  /* so much it took for granted since then that it could not see */
    long double unseen_until_ns, unseen_rate; /* until then; and so much more for each ns after that */
    long double inherited_ns; /* the common line had so much when it became this CPU's own; until it looks */
    long double skewed_ns;    /* so much of that was its TSC's, and stays */
    bool looking;
    bool doubt, tsc_doubt; /* something was touched since ... */
    long double doubt_ns;  /* ... last at */
    long double looked_ns; /* the last reading of which something came */
    long double width_ns;  /* and how wide it was */
    long double began_ns,
        u_ns;               /* T4: since when, and its widest reading since then, half of it and a count */
    long double excused_ns; /* until then it may be late */
    long double late_ns;    /* its timer comes late, and not before then */
    long double stopped_ns; /* it stopped then */
    unsigned seen_lines, lines; /* disruptions told when it last saw one; and when this look began, ... */
    long double line_ns;        /* it told a disruption, last */
    long double told_hz;        /* its rate as it was measured anew; 0: it was not */
    uint16_t count;             /* ... when its record counted so many */
    uint64_t missed, now_ns;    /* periods without a reading; and what keeper_now_ns() gave last */
    unsigned rate_looks;        /* so many more without a disruption, and it goes by the right rate */
    bool upset;                 /* a disruption was seen when it looked last */
    bool lied;                  /* the reference did, when it looked last */
    long double bound_ns;       /* ... and what was promised then */
    uint16_t shown, counted;    /* disruptions in the record: read last, and before what is to be counted */
    long double told_ns;        /* since then the record must show it; NEVER: nothing is due */
};

/* Of each VCPU, what it read last. */
struct promise_vcpu {
    struct sim_read last;
    uint64_t most_ns, xen_ns;
    long double mode_ns;    /* when the mode changed, last */
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
    long double line_ns;        /* when a disruption was told, last */
    unsigned doubts;            /* CPUs in doubt */
    long double rate_ns;        /* when the reference's rate changed, last; below 0: never */
    bool unseen, skewed;        /* some CPU's unseen_ns, or skewed_ns, is not 0 */
    long double mode_ns;        /* when the mode changed, last */
    unsigned faults, modes;     /* how often anything was touched; and how often the mode changed */
};

extern struct kept kept;

void upset_until(long double ns);
/* What is told on this CPU may be wrong until it looks. */
void doubt(unsigned cpu);
/* Returns true if the records say that one line is common to all CPUs. */
bool is_unified(void);
/* Disruptions, as the record says that holds on this CPU. */
uint16_t counted_on(unsigned cpu);
/* What this CPU took for granted unseen. */
long double unseen_on_ns(unsigned cpu);
/* What all CPUs, or this one where lines are their own, took for granted unseen. */
long double unseen_ns(unsigned cpu);

#endif
