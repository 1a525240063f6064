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

/* exchange.c: the boot CPU's side of start-up. */
/* `idle`: what exchange_idle sends the others into. */
void exchange_init(unsigned cpus, void (*idle)(void));
/* Fills start.late and start.offset of each CPU; one that did not meet keeps late.tsc_hi 0. */
void exchange_star(const struct outlook *boot);
enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks);
/* Whether CPUs run at the same moment: an emulator may run them in turns. */
bool exchange_at_once(void);
void exchange_idle(void); /* does not wait for them */
void exchange_finish(void);
/* T8: what it took, in the boot CPU's ticks. */
struct exchange_cost {
    uint64_t star, star_worst;  /* both ends of the window: for all CPUs, and for the one that took most */
    uint64_t pairs, pair_worst; /* all meetings of pairs, and the longest; or round, where all meet at once */
    unsigned meetings;
};
const struct exchange_cost *exchange_cost(void);
void exchange_serve(void); /* the others' side; returns at exchange_finish */

/* idle.c: before anything is measured; once all is; and the others' side. */
void idle_try(bool allowed);
void idle_report(void);
void idle_sleep(void);

/* slip.c: how far this machine's TSC may jump between two looks; says why where it is not 0. */
uint32_t slip_expected_ns(void);
/* After a disruption: what is to be allowed for from now on. */
uint32_t slip_shown_ns(int64_t off_ns);

#endif
