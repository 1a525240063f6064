/* What the keeper tells people and programs: lines on the log. */
#ifndef KEEPER_ANNOUNCE_H
#define KEEPER_ANNOUNCE_H

#include <stdint.h>

#include "keeper/start.h"
#include "time/window.h"

void report_alarm(void); /* how the boot CPU is woken */
void report_cpus(void);
/* `step_ns`: by how much S went forward at most, on some CPU, with this change of mode. */
void report_clock(const char *why, uint64_t step_ns);
void report_exchange(const struct exchange_cost *cost);
void report_window(const struct window *window); /* once its rate is known */
void report_stopped(unsigned cpu);
void report_returned(unsigned cpu);
/* `off_ns`: R beyond what was expected. `why`: what is known of it; NULL: only that they disagree. */
void report_disruption(unsigned cpu, int64_t off_ns, const char *why);
void report_established(uint64_t delay_ns);
void report_adjust(unsigned cpu, uint64_t before);

#endif
