/* A publisher in a hurry (hurried.c), and how it goes about it (steps.c). */
#ifndef TEST_FAULTS_HURRIED_H
#define TEST_FAULTS_HURRIED_H

void hurried_read(const char *line);
/* On every CPU, once its time base runs. */
void hurried_start_cpu(void);

void steps_read(const char *line);

#endif
