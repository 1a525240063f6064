/* A serial port that is slow, or takes nothing (slow.c). */
#ifndef TEST_FAULTS_SLOW_H
#define TEST_FAULTS_SLOW_H

/* Takes `baud=n` and its companions from Meridian's command line. */
void slow_choose(const char *line);
/* When the guest has ended: says how many bytes were lost, if there was such a word. */
void slow_end(void);

#endif
