/* Put before example.c by the compiler (-include): its TSC is the test's. */
#ifndef TEST_READER_HAND_H
#define TEST_READER_HAND_H

#include <stdint.h>

uint64_t hand_tsc(void);
#define MERIDIAN_TSC() hand_tsc()

#endif
