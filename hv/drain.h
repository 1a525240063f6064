/* Empties the log's ring into the port, by timers, so that nobody waits for it. */
#ifndef DRAIN_H
#define DRAIN_H

/* On every CPU, once system time runs there: it drains the log, or sees to it that another CPU does. */
void drain_start_cpu(void);

#endif
