/* How a run ends: the last @verdict line, and the emulator's exit. */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>

#include "domain/domain.h"
#include "platform/loader/options.h"

/* Arms the end by time (duration=), when the command line has one. */
void verdict_start(const struct options *options);
/* On the boot CPU, where the end by time comes too: it will end this domain. */
void verdict_follow(struct domain *created);
/* For domain_hooks.ended. */
void verdict_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
/*
 * The guest was not built. why: what is wrong and what to do, a sentence without its stop; reason: one word.
 * Meridian stays up where no emulator can be left.
 */
void verdict_refused(const char *why, const char *reason);
/* For panic_set_end: may come at any moment, before anything is set up. */
void verdict_panic(void);

#endif
