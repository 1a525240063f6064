/* Start-up's parts: the timed exchanges, the trial of idle CPUs, and what TSCs are allowed to slip. */
#ifndef KEEPER_START_H
#define KEEPER_START_H

#include <stdbool.h>
#include <stdint.h>

#include "time/align.h"
#include "time/estimate.h"

/* Start-up's measurements of a CPU, written by the boot CPU. */
struct cpu_start {
    struct bracket early, late; /* this CPU's TSC beside the boot CPU's R, at both ends of the window */
    struct offset offset;       /* this TSC minus the boot CPU's, ticks */
    uint64_t star_ticks;        /* how long its meetings with the boot CPU took */
};

/* start.c. Takes memory for all CPUs' clocks, and lets the others serve. Before anything else. */
void start_make_clocks(void);

/* exchange.c, on the boot CPU. `idle` is what exchange_idle sends the other CPUs into. */
void exchange_init(unsigned cpus, void (*idle)(void));
/* The star: fills in start.late and start.offset of each CPU. A CPU that did not meet keeps late.tsc_hi 0. */
void exchange_star(const struct outlook *boot);
/*
 * Every pair of CPUs meets `passes` times, and again, within half a second in all, where its meetings were
 * too wide for T2's resolution. *extent_ticks: by how much TSCs in step may be apart.
 */
enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks);
/*
 * Returns the coarsest resolution that unified mode may begin with (align.h), once the TSC has a rate. A
 * hypervisor below may hold up a CPU in every meeting, for as long as its host is busy: there it is only
 * told.
 */
int64_t exchange_resolution_most_ticks(void);
/* Returns true if CPUs run at the same moment: an emulator may run them one at a time. */
bool exchange_at_once(void);
/* Sends all other CPUs to idle, and does not wait for them. */
void exchange_idle(void);
/* Has another CPU do `what`, and waits until it is done, or for as long as a meeting takes to give up. */
void exchange_alone(unsigned cpu, void (*what)(void));
/* Forgets what was measured, for TSCs were written since. */
void exchange_forget(void);
/* Lets all other CPUs go on. */
void exchange_finish(void);
/* What it took, in the boot CPU's ticks (T8). */
struct exchange_cost {
    uint64_t star, star_worst; /* both ends of the window: for all CPUs, and for the one that took most */
    uint64_t pairs;            /* all meetings of pairs, ... */
    uint64_t pair_worst;       /* ... and the longest; where a round meets at once, the longest round */
    unsigned meetings;
};
const struct exchange_cost *exchange_cost(void);
/* On all other CPUs: carries out the boot CPU's orders, and returns at exchange_finish. */
void exchange_serve(void);

/* idle.c. Tries whether TSCs go on in deep idle; before anything is measured. */
void idle_try(bool allowed);
/* Judges it and tells, once all is measured. */
void idle_report(void);
/* On all other CPUs, by exchange_idle: sleeps until it is over. */
void idle_sleep(void);

/*
 * repair.c, on the boot CPU, before anything else is measured. If asked for, writes TSCs that are apart by a
 * constant into step, by IA32_TSC_ADJUST alone; tells what came of it (@repair, @repaired).
 */
void repair_try(bool asked);
/* In its place where there is no timer: says that it was not done. */
void repair_refuse(bool asked);

/* slip.c. Returns how far this machine's TSC may jump between two looks; tells why if it is not 0. */
uint32_t slip_expected_ns(void);
/* After a disruption of `off_ns`: returns what is to be allowed for from now on. */
uint32_t slip_shown_ns(int64_t off_ns);

#endif
