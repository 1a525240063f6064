/* How a run ends: the last @verdict line, and the emulator's exit. */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>

#include "domain/domain.h"
#include "platform/loader/options.h"

/* Arms the end by time, if the command line has one (duration=). */
void verdict_start(const struct options *options);
/* Names the domain that the end by time ends. On the boot CPU, where that timer runs too. */
void verdict_follow(struct domain *created);
/* Says how the guest ended, and ends the run. For domain_hooks.ended. */
void verdict_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
/*
 * Ends a run in which no guest was built. why: what is wrong and what to do, a sentence without its stop;
 * reason: one word. Meridian stays up where there is no emulator to leave.
 */
void verdict_refused(const char *why, const char *reason);
/* Ends a run by a panic. For panic_set_end: it may come at any moment, before anything is set up. */
void verdict_panic(void);

#endif
