/* A CPU that dies, or only freezes, in the middle of a publish (dies.c). */
#ifndef TEST_FAULTS_DIES_H
#define TEST_FAULTS_DIES_H

#include <stdbool.h>

/* Takes `dies=CPU,step` or `freezes=CPU,step,ms` from Meridian's command line. */
void dies_choose(const char *line);
/* On each CPU, once a period. Returns true, once, where it must end the run: the boot CPU has died. */
bool dies_ends(void);

#endif
