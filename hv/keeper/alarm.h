/* The one interrupt of the local APIC's timer that each CPU is set for, and the timers behind it. */
#ifndef KEEPER_ALARM_H
#define KEEPER_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "time/timerq.h"

/* A CPU's own, without a lock, but for `nudged`. */
struct cpu_alarm {
    struct timerq timers;
    bool deadline;    /* alarms are deadlines on this CPU's TSC; else its APIC's counter */
    uint64_t due_tsc; /* the alarm that is set cannot honestly come before this */
    unsigned suspect; /* alarms in a row that came before their time: the TSC was set back, or stands still */
    bool nudged;      /* look at once: set by others, with the keeper's lock, and cleared here */
    uint64_t now_floor_ns; /* what keeper_now_ns last gave here */
    uint64_t late_ns;      /* by how much its latest look came late; read by others at the end */
};

/* On each CPU, when its TSC has a rate. */
void alarm_init_cpu(void);
/* Sets this CPU's alarm for the first of its timers. */
void alarm_reprogram(void);
/* Uses the APIC's own counter from now on, on this CPU, and no deadlines on the TSC. */
void alarm_leave_deadline(void);

#endif
