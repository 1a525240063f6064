/* Time that is stolen from a CPU while it looks for that; `steals=` (thief.c). */
#ifndef TEST_FAULTS_THIEF_H
#define TEST_FAULTS_THIEF_H

/* Reads what Meridian's command line says. */
void thief_choose(const char *line);
/* Says how often each thief came. */
void thief_end(void);

#endif
