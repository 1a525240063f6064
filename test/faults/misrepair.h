/* `misrepair=N`: what repair=try writes is N ticks too much, each time: the TSCs never come into step. */
#ifndef TEST_FAULTS_MISREPAIR_H
#define TEST_FAULTS_MISREPAIR_H

void misrepair_read(const char *line);

#endif
