/* The one interrupt of the local APIC's timer that each CPU is set for, and the timers behind it. */
#ifndef KEEPER_ALARM_H
#define KEEPER_ALARM_H

/* On each CPU, when its TSC has a rate. */
void alarm_init_cpu(void);
/* Sets this CPU's alarm for the first of its timers. */
void alarm_reprogram(void);
/* Uses the APIC's own counter from now on, on this CPU, and no deadlines on the TSC. */
void alarm_leave_deadline(void);

#endif
