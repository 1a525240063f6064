/* An independent judge of the bound that records give (judge.c). */
#ifndef TEST_FAULTS_JUDGE_H
#define TEST_FAULTS_JUDGE_H

#include "meridian/abi.h"

/* On the CPU whose TSC this record is for, just before it is written anew: was it right to its end? */
void judge_record(const volatile struct meridian_record *record);
void judge_report(void);

/* From any context: a TSC was changed just now. Until it must have been noticed, nothing is promised. */
void judge_changed(void);

#endif
