/* The end of a domain: every VCPU stops, then who asked for it is told, once. */
#ifndef DOMAIN_END_H
#define DOMAIN_END_H

#include <stdbool.h>

struct domain;
struct vcpu;

enum domain_end { DOMAIN_POWEROFF, DOMAIN_REBOOT, DOMAIN_CRASH, DOMAIN_SUSPEND };

/*
 * Called once, on the CPU where it happened, when the domain has ended by itself (SCHEDOP_shutdown), by a
 * fault it could not take, or by domain_stop(); no VCPU runs any more. `why` is one line. `reported`: the
 * guest's console showed a line that begins with "@verdict "; `reported_ok`: and that it said result=ok.
 */
void domain_on_end(void (*ended)(enum domain_end end, const char *why, bool reported, bool reported_ok));

/*
 * Called before a line of the guest's that begins with "@verdict " is let out, as far as it comes in one
 * piece; what should stand before it can be said then. False: not all is said, and it is to be called again,
 * timers and events in between.
 */
void domain_on_verdict(bool (*before)(void));
bool end_verdict_may_come(void);

/*
 * Any CPU, no lock held. The first to come wins; it waits (bounded) until no other CPU runs a VCPU and calls
 * the handler of domain_on_end. The others return at once and stop in run_next.
 */
void end_domain(struct domain *domain, enum domain_end how, const char *why);

/* Set for ever once a domain ends: whoever waits for another CPU gives up. */
bool end_begun(void);

/* On the VCPU's own CPU. `why` continues "the guest was stopped: ". Returns; the VCPU must not be run on. */
void fault_crash(struct vcpu *vcpu, const char *why);

#endif
