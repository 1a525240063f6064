/* A CPU that dies, or only freezes, in the middle of a publish (dies.c). */
#ifndef TEST_FAULTS_DIES_H
#define TEST_FAULTS_DIES_H

/* Takes `dies=CPU,step` or `freezes=CPU,step` from Meridian's command line. */
void dies_choose(const char *line);

#endif
