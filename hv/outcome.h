/*
 * How a run ends: well or not, told by the last `@verdict` line and by the emulator's exit code. What is said
 * of the machine's TSCs is the check's verdict (check/figures.h).
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>

#include "domain/domain.h"
#include "platform/loader/options.h"

/* Arms the end by time, if the command line has one (duration=). */
void outcome_start(const struct options *options);
/* Names the domain that the end by time ends. On the boot CPU, where that timer runs too. */
void outcome_follow(struct domain *created);
/* Says how the guest ended, and ends the run. For domain_hooks.ended. */
void outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
/*
 * Ends a run in which no guest was built. why: what is wrong and what to do, a sentence without its stop;
 * reason: one word. Meridian stays up where there is no emulator to leave.
 */
void outcome_refused(const char *why, const char *reason);
/* Ends a run in which no time could be kept: the check's verdict stands on the screen, for ever. */
_Noreturn void outcome_timeless(void);
/* Ends a run by a panic. For panic_set_end: it may come at any moment, before anything is set up. */
void outcome_panic(void);

#endif
