/*
 * The keeper ties reference, time core and LAPIC timers together on every CPU. It knows CPUs and records, not
 * domains: a domain hands it the places where its VCPUs' records are to be written.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/abi.h"
#include "platform/loader/options.h"
#include "time/timerq.h"

struct vcpu_time_info; /* Xen's, 32 bytes */

/* Where one VCPU's time goes. The keeper writes; nothing in these places is ever read back. */
struct time_vcpu {
    uint32_t cpu;                        /* the CPU whose line it reads; changed by keeper_place_vcpu only */
    volatile struct vcpu_time_info *xen; /* in shared_info or its registered vcpu_info; NULL: none */
    volatile struct meridian_record *slot; /* in the time pages; NULL: none */
    uint32_t version;                      /* the keeper's own: even, the last one published */
    uint64_t left_ns;                      /* what it may have read when it last stopped running */
};

struct time_domain {
    uint32_t vcpu_count;
    struct time_vcpu *vcpus;
    volatile struct meridian_record *common;                      /* slot 0 */
    volatile uint32_t *wc_version, *wc_sec, *wc_nsec, *wc_sec_hi; /* shared_info's wall clock */
    uint32_t common_version, wall_version;                        /* the keeper's own */
    struct time_domain *next;
};

/*
 * On the boot CPU, once reference_find has a reference and all CPUs wait in keeper_cpu_start: ties them
 * together in one reference window for all, reads the RTC, chooses the mode, starts system time. Reports as
 * it goes.
 */
void keeper_start(const struct options *options, uint8_t century_register);
/* Every other CPU, with interrupts off: serves keeper_start's exchanges; returns when system time runs. */
void keeper_cpu_start(void);

/* A CPU whose TSC could not be measured never returns from keeper_cpu_start and must get no VCPU. */
bool keeper_cpu_measured(unsigned cpu);
/* Not seen for 2 s while others ran: nobody need wait for it. If it comes back it sees what it missed. */
bool keeper_cpu_stopped(unsigned cpu);

/* Once; from then on every publish writes its records. All of `domain` must be ready. */
void keeper_add_domain(struct time_domain *domain);
/* Places moved (register_vcpu_info) or another CPU: writes the record there at once, whole. */
void keeper_place_vcpu(struct time_domain *domain, uint32_t vcpu, uint32_t cpu,
                       volatile struct vcpu_time_info *xen);

/* VCPU `vcpu` has stopped running on this CPU. */
void keeper_vcpu_left(struct time_domain *domain, uint32_t vcpu);
/*
 * Before it runs on this CPU, its records placed here: waits, briefly, until the line here has reached what
 * the one it left could have told it. False: it has not; try again after the next interrupt.
 */
bool keeper_vcpu_may_run(const struct time_domain *domain, uint32_t vcpu);

/* System time here and now, ns since boot; on one CPU it never goes back. Any context. */
uint64_t keeper_now_ns(void);

/*
 * Timers of this CPU (struct timer is in time/timerq.h). Arming one of another CPU is a bug: send it an IPI
 * instead.
 */
void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns);
void keeper_timer_cancel(struct timer *timer);

/* UTC = keeper time + this; `system_ns` when it was `utc`. From the privileged domain. */
void keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns);

/*
 * What is known of one CPU, for whoever shows it: as of its last look, at most a period (250 ms) ago while it
 * runs. All of it belongs together; reading it holds nobody up.
 */
enum keeper_cpu_state { KEEPER_CPU_LEFT_OUT, KEEPER_CPU_ONLINE, KEEPER_CPU_STOPPED };
struct keeper_cpu {
    enum keeper_cpu_state state;
    uint32_t apic_id;
    uint64_t at_ns;           /* S when it looked; 0: not yet */
    uint64_t hz;              /* its TSC by the reference, */
    uint64_t hz_ppb;          /* to so much, the reference's own tolerance not counted; UINT64_MAX: unknown */
    int64_t rate_ppb;         /* its TSC beside the boot CPU's: > 0 is fast, */
    uint64_t rate_bound_ppb;  /* to so much; UINT64_MAX: unknown */
    int64_t offset_ns;        /* its TSC minus the boot CPU's, */
    uint64_t offset_bound_ns; /* to so much; UINT64_MAX: unknown */
    uint64_t err_ns;          /* the bound of what its VCPU is told; UINT64_MAX: unknown */
    uint32_t meetings;        /* with other CPUs, at run time */
    uint32_t behind;          /* how many of them showed this TSC behind */
    uint32_t disruptions;     /* seen by this CPU */
    int64_t adjust;           /* IA32_TSC_ADJUST as last read; 0 where there is none */
    bool adjust_changed;      /* while we ran */
};
/* False: there is no such CPU. Any CPU may ask, of any other, once system time runs. */
bool keeper_cpu_view(unsigned cpu, struct keeper_cpu *out);
/*
 * Whether a CPU's TSC goes on while the CPU idles as deeply as MWAIT lets it: tried once, at start-up, on all
 * but the boot CPU, for 20 ms.
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
/* Any CPU, once system time runs. */
struct idle_trial keeper_idle_trial(unsigned cpu);

/* Until this CPU must look at the reference again: who would draw, or do anything long, asks first. */
uint64_t keeper_free_ns(void);

struct keeper_summary {
    const char *source, *mode; /* "hpet", ...; "unified", "percpu" */
    bool percpu_asked, apart;  /* per-CPU mode by the command line; meetings showed TSCs not in step */
    uint32_t wander_ppb_s;
    uint64_t hz, err_ns;
    uint32_t err_ppb, disruptions;
    int64_t rate_ppb; /* S against R since calibration */
};
void keeper_summary(struct keeper_summary *out);

#endif
