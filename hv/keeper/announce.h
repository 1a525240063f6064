/* What the keeper tells people and programs: lines on the log. */
#ifndef KEEPER_ANNOUNCE_H
#define KEEPER_ANNOUNCE_H

#include <stdint.h>

#include "keeper/start.h"
#include "meridian/abi.h"
#include "time/learn.h"
#include "time/window.h"

/* How the boot CPU's alarm works. */
void announce_alarm(void);
void announce_cpus(void);
/* The mode and its reason. `step_ns`: by how much S went forward at most, on some CPU, with the change. */
void announce_clock(const char *why, uint64_t step_ns);
void announce_exchange(const struct exchange_cost *cost);
/* Once its rate is known. */
void announce_window(const struct window *window);
void announce_stopped(unsigned cpu);
void announce_lost(unsigned cpu);
void announce_returned(unsigned cpu);
/* `off_ns`: R beyond what was expected. `why`: the cause if it is known, else NULL. */
void announce_disruption(unsigned cpu, int64_t off_ns, const char *why);
/* Breach number `n`, or what is known of it now. */
void announce_breach(unsigned cpu, uint64_t n, const struct meridian_breach *breach);
/* What is assumed of this CPU's crystal has changed. */
void announce_learned(unsigned cpu, const struct learned *learned);
void announce_established(uint64_t delay_ns);
/* The rate of its TSC by the reference has changed for good. */
void announce_rate(unsigned cpu, uint64_t was_hz, uint64_t hz);
void announce_adjust(unsigned cpu, uint64_t before);

#endif
