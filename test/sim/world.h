/*
 * A machine to keep time on, with its truth known: CPUs with TSCs that wander, a reference, timers that come
 * late, a host that stalls, and faults. The keeper's own code runs on it, one CPU at a time; wherever time
 * passes in it, other CPUs read its records and have ticks of their own. All times are ns of the truth.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "crystal.h"
#include "faults.h"
#include "keeper/clocks.h"
#include "random.h"
#include "tally.h"

#define WORLD_CPUS 256u
#define PLAN_MOST  4u
#define NEVER      1e30L
#define SECOND     1000000000.0L

/* A fault that a named world has, and when. */
struct planned {
    enum fault what;
    long double at_ns, size; /* ns or s or a rate, as the fault has it */
    unsigned cpu;
};

/*
 * Where in its bracket a reading truly is: anywhere; or always where the bracket only just holds it,
 * first (the TSC was just read, and the count is about to change) or last (it just changed, and the TSC
 * is about to be read).
 */
enum bias { BIAS_NONE, BIAS_FIRST, BIAS_LAST, BIAS_BY_CPU, BIAS_BY_TIME, BIASES };

/* What a machine is like; 0 is what is usual. */
struct scene {
    const char *name;
    uint64_t seed;
    const struct row *row; /* a negative world's (negative.h); NULL: the machine keeps what is assumed */
    unsigned watched;      /* a machine of watched.h: its kind, and 1 */
    unsigned cpus;
    bool level;        /* TSCs begin at one count, whatever crystals they have */
    bool own_crystals; /* else all TSCs are one, but for the skew */
    bool sine;         /* crystals go up and down slowly; else at random */
    bool edge;         /* most readings wait for the count's edge */
    bool deadline;     /* alarms are deadlines on the TSC */
    bool adjust;       /* there is an IA32_TSC_ADJUST, and who writes to the TSC leaves a trace in it */
    bool unmeasured;   /* the last CPU does not answer at start-up */
    enum bias bias;
    enum clockmode mode; /* as the command line asks */
    bool hypervisor;     /* CPUID says that there is one */
    uint32_t wander;     /* D, ppb a second */
    bool learns;         /* the keeper is not given D, but learns it */
    uint32_t skew_ticks; /* CPUs are ahead of the first by up to this */
    uint32_t slip_ns;   /* all TSCs jump ahead by up to this, a few times a second; the keeper is told more */
    struct counter ref; /* an HPET at 100 MHz */
    uint64_t tsc_base;  /* 2^40 */
    long double hz;     /* of the TSCs; with crystals of their own by apart_ppm either way */
    long double apart_ppm;    /* 30 */
    long double late_ns;      /* timers, at most, and ... */
    long double stall_ns;     /* ... the host, in the midst of anything */
    long double read_ns;      /* a reading of the reference takes so much longer: it leaves the guest */
    long double length_ns;    /* of the run */
    long double ref_base_ns;  /* R is there when the others start, as if the machine had run for long */
    long double read_gap_ns;  /* between readings that nothing else brings about, at most; 3 ms */
    long double fault_gap_ns; /* between faults drawn at random, on average; none */
    struct planned plan[PLAN_MOST];
};

/* A reading of the reference, as it truly was. */
struct true_reading {
    bool taken;
    long double from_ns, width_ns; /* between its two TSCs */
    long double injected_ns;       /* see injected_ns() */
    uint64_t count;                /* as it was read, with no wraps lost */
};

struct sim_cpu {
    struct crystal_walk *crystal;
    int64_t extra;  /* ticks: its TSC's own offset, as it came */
    int64_t jumped; /* ticks: what was written to it since */
    bool frozen;    /* its TSC stands at frozen_tsc ... */
    uint64_t frozen_tsc;
    long double thaw_ns;         /* ... until then */
    long double alarm_ns;        /* when its timer interrupt comes, ... */
    uint64_t deadline;           /* ... which is when its TSC is there; 0: the APIC counts by itself */
    long double late_ns;         /* ... and so much later */
    long double woken_ns;        /* when another CPU's interrupt comes */
    long double began_ns;        /* its last alarm */
    long double asleep_until;    /* it stands still: takes no interrupt, and reads nothing */
    bool busy;                   /* in the keeper's code */
    struct true_reading reading; /* the last one */
};

/* The reference's own faults. R = the truth + shift_ns + rate * (what went by since rate_from). */
struct sim_reference {
    long double shift_ns, rate, from_ns, until_ns;
    long double lies_until, dead_until, lie_ns;
};

struct world {
    struct scene m;
    struct random r;
    unsigned cpu; /* on which the keeper's code runs now */
    long double now_ns, origin_ns;
    long double fault_ns, ends_ns; /* the next fault; the first end of those that last */
    enum fault deck[FAULTS];       /* what is still to come before any comes again */
    unsigned cards, planned;
    struct crystal_walk crystal[WORLD_CPUS];
    struct sim_cpu cpus[WORLD_CPUS];
    struct sim_reference ref;
    void (*alarm)(void), (*woken)(void);
    void (*between)(void); /* others may read now */
    unsigned depth;        /* of interrupts in each other */
    unsigned relaxed;      /* PAUSEs in a row */
    unsigned disruptions;  /* lines that told of one */
    char last_log[512];
    jmp_buf end; /* a broken promise goes here */
};

extern struct world world;

/* ---- chance (hands.c) ---- */
uint64_t below(uint64_t n); /* 0 for n = 0 */
long double part(long double most);
long double log_between(long double least, long double most);

/* ---- the truth (truth.c) ---- */
uint64_t tsc_of(unsigned cpu);
uint64_t true_count(void);
uint64_t low_bits(uint64_t count); /* as many as the counter has */
bool asleep(unsigned cpu);
/* R as it truly is, in the keeper's own scale: 0 at keeper.tie.origin. */
long double true_ref(void);
/* How long the reference's counter takes to come round. */
long double wrap_ns(void);
/*
 * By how much R and this CPU's TSC have come apart by what was done to them, in ns: 0 while nobody touches
 * either, however they wander.
 */
long double injected_ns(unsigned cpu);
/*
 * Returns true for a CPU with a TSC that can be measured: the others are left out at start-up, and no VCPU is
 * on them.
 */
bool takes_part(unsigned cpu);
/* By how much the TSCs of CPUs that take part are apart, in ns. */
long double true_skew_ns(void);
void reference_begins(void); /* after keeper_start: what the keeper's origin truly is */
/* The reference goes on `rate` faster than the truth, from now until then. */
void reference_rate(long double rate, long double until_ns);
void reference_shift(long double ns);

/* ---- time passes (hands.c) ---- */
void pass(long double ns);
void time_goes_on(long double until_ns);
/* This CPU's TSC was touched: a deadline on it comes at another time. */
void deadline_moves(unsigned cpu);
void spend(void);

void memory_forget(void);

/* ---- a run (run.c) ---- */
extern struct tally tally;
/* Returns false if a promise was broken; stderr says which. */
bool run(const struct scene *machine);
void run_until(long double ns);

/* A machine that promises were broken on says which, and the run ends. */
#define PROMISE(kept, ...)                      \
    do {                                        \
        if (!(kept))                            \
            promise_broken(#kept, __VA_ARGS__); \
    } while (0)
_Noreturn void promise_broken(const char *what, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Then nothing is printed of them. */
extern bool promises_expected_broken;

/* With tracing on: what happens, to stderr. */
extern bool tracing;
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- machines (worlds.c, draw.c) ---- */
extern const struct scene worlds[];
extern const unsigned world_count;
struct scene draw_machine(uint64_t seed);

#endif
