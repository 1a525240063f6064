/*
 * The keeper keeps system time on every CPU: from the reference, by the time core, with an alarm. It knows
 * CPUs and records, not domains. A domain hands it the places where its VCPUs' records are to be written.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/abi.h"
#include "platform/loader/options.h"
#include "time/blame.h"
#include "time/timerq.h"

struct vcpu_time_info; /* Xen's, 32 bytes */

/* Where one VCPU's records are. The keeper writes there, and never reads anything back. */
struct time_vcpu {
    uint32_t cpu; /* the CPU of the line that it reads; changed by keeper_place_vcpu only */
    volatile struct vcpu_time_info *xen;   /* in shared_info or its registered vcpu_info; NULL: none */
    volatile struct meridian_record *slot; /* in the time pages; NULL: none */
    uint32_t version;                      /* the keeper's own: even, the last one published */
    uint64_t left_ns;                      /* the most that it may have read when it last stopped running */
};

/* Where one domain's records are. */
struct time_domain {
    uint32_t vcpu_count;
    struct time_vcpu *vcpus;
    volatile struct meridian_record *common;                      /* slot 0 */
    volatile uint32_t *wc_version, *wc_sec, *wc_nsec, *wc_sec_hi; /* shared_info's wall clock */
    uint32_t common_version, wall_version;                        /* the keeper's own */
    volatile struct meridian_assumed *assumed; /* what bounds assume, on a page of its own; NULL: none */
    struct time_domain *next;
};

/*
 * On the boot CPU, once reference_find has a reference and all other CPUs wait in keeper_cpu_start: measures
 * all TSCs in one reference window, reads the RTC, chooses the mode, and starts system time.
 */
void keeper_start(const struct options *options, uint8_t century_register);
/*
 * In the place of keeper_start where no timer can be used: TSCs meet, and no time begins. What is known of
 * each CPU is in ticks of its TSC then, where it says ns, and no rate is. The other CPUs sleep for ever.
 */
void keeper_timeless(const struct options *options);
/*
 * On every other CPU, with interrupts off: serves keeper_start's exchanges, and returns when system time
 * runs.
 */
void keeper_cpu_start(void);

/*
 * Returns false for a CPU with a TSC that could not be measured: it never returns from keeper_cpu_start, and
 * must get no VCPU.
 */
bool keeper_cpu_measured(unsigned cpu);
/*
 * Returns true for a CPU that was not seen for 2 s while others ran: nothing need wait for it. If it runs
 * again it sees what it missed.
 */
bool keeper_cpu_stopped(unsigned cpu);

/* Adds a domain, once: from then on every publish writes its records. All of `domain` must be ready. */
void keeper_add_domain(struct time_domain *domain);
/*
 * Puts a VCPU on a CPU, and its Xen record at a place (register_vcpu_info): writes its records at once,
 * whole.
 */
void keeper_place_vcpu(struct time_domain *domain, uint32_t vcpu, uint32_t cpu,
                       volatile struct vcpu_time_info *xen);

/* On the CPU on which VCPU `vcpu` has just stopped running. */
void keeper_vcpu_left(struct time_domain *domain, uint32_t vcpu);
/*
 * On the CPU on which it is to run, once its records are placed here: waits, some ms at most, until the line
 * here has reached what the line that it left could have told it. Returns false if it has not; try again
 * after the next interrupt.
 */
bool keeper_vcpu_may_run(const struct time_domain *domain, uint32_t vcpu);

/* Returns system time here and now, ns since boot. On one CPU it never goes back. In any context. */
uint64_t keeper_now_ns(void);

/*
 * Timers of this CPU (struct timer is in time/timerq.h). To arm one of another CPU is a bug: send that CPU an
 * IPI.
 */
void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns);
void keeper_timer_cancel(struct timer *timer);

/* Sets the wall clock: at system time `system_ns`, UTC was `utc_s` and `utc_ns`. Ignores what is no date. */
void keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns);

/*
 * What is known of one CPU, to be shown: as of its last look, at most a period (250 ms) ago while it runs.
 * All of it is of one moment; reading it holds no CPU up. A figure's bound is how far it may be off;
 * UINT64_MAX: it is unknown.
 */
enum keeper_cpu_state { KEEPER_CPU_LEFT_OUT, KEEPER_CPU_ONLINE, KEEPER_CPU_STOPPED };
struct keeper_cpu {
    enum keeper_cpu_state state;
    uint32_t apic_id;
    uint64_t at_ns;   /* S when it looked; 0: it has not yet */
    uint64_t hz;      /* the rate of its TSC by the reference, ... */
    uint64_t hz_ppb;  /* ... without the reference's own tolerance */
    int64_t rate_ppb; /* its TSC beside the boot CPU's: above 0 it is the faster one */
    uint64_t rate_bound_ppb;
    int64_t offset_ns; /* its TSC minus the boot CPU's */
    uint64_t offset_bound_ns;
    uint64_t err_ns;      /* the bound of what its VCPUs are told */
    uint32_t meetings;    /* with other CPUs, at run time */
    uint32_t behind;      /* how many of them showed this TSC behind */
    uint32_t disruptions; /* seen by this CPU */
    int64_t adjust;       /* IA32_TSC_ADJUST as last read; 0 where there is none */
    bool adjust_changed;  /* since start-up */
};

/* Returns false if there is no such CPU. Any CPU may ask, of any CPU, once system time runs. */
bool keeper_cpu_view(unsigned cpu, struct keeper_cpu *out);
/*
 * What came of the trial of deep idle: at start-up all CPUs but the boot CPU idle for 20 ms, as deeply as
 * MWAIT lets them. Does the TSC go on?
 */
enum idle_result {
    IDLE_NOT_TRIED,
    IDLE_AWAKE, /* MWAIT came back at once, over and over: no idle state was reached */
    IDLE_GOES_ON,
    IDLE_STOPPED,  /* the TSC stood still or was set back for stopped_ns in all */
    IDLE_NO_ANSWER /* the CPU did not go to sleep, or did not wake, in time */
};
struct idle_trial {
    enum idle_result result;
    uint32_t returns; /* of MWAIT */
    uint64_t stopped_ns;
};
/* Any CPU may ask, once system time runs. */
struct idle_trial keeper_idle_trial(unsigned cpu);
/* Returns why deep idle was not tried, in a few words; NULL: it was. */
const char *keeper_idle_untried(void);

/* Returns how many TSCs were written into step at start-up, by repair=try, and stayed so. */
unsigned keeper_repaired(void);

/*
 * Returns how long it is until this CPU must look at the reference again. Ask before drawing, or anything
 * long.
 */
uint64_t keeper_free_ns(void);

/* Returns what bounds assume now, and the breaches that were told: what every domain has on its page. */
const struct meridian_assumed *keeper_assumed(void);

/* The RTC's crystal beside the reference's: by how many ppb it is faster, on average so far. */
struct keeper_crystals {
    enum crystals crystals; /* time/blame.h */
    int64_t rtc_ppb;
    uint64_t bound_ppb; /* UINT64_MAX while nothing is known */
};
/* Returns what is known of them. Any CPU may ask, once system time runs. */
struct keeper_crystals keeper_crystals(void);

/* What is known of all, for the summary. */
struct keeper_summary {
    const char *source;              /* the reference: "hpet", ...; "none": nothing else is known then */
    const char *mode;                /* "unified" or "percpu" */
    bool percpu_asked;               /* per-CPU mode by the command line */
    bool apart;                      /* per-CPU mode, for meetings showed TSCs not in step */
    uint32_t wander_ppb_s, phase_ns; /* what err_ns assumes of the TSCs */
    uint64_t hz, err_ns;
    uint32_t err_ppb, disruptions;
    uint64_t misreads; /* readings of timers that could not be, and were left out */
    int64_t rate_ppb;  /* S against R since calibration */
    uint64_t late_ns;  /* the latest look of all: so long after its time by S */
    unsigned late_cpu;
    uint64_t others_ns;       /* by so much did timers beside the reference make one look longer, at most, */
    uint64_t others_permille; /* and all looks together */
};
void keeper_summary(struct keeper_summary *out);

#endif
