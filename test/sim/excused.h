/* What a judgement lets pass, and why. */
#ifndef SIM_EXCUSED_H
#define SIM_EXCUSED_H

#include <stdint.h>

/* Each is counted: a judge who excuses much judges little. */
enum excuse {
    EXCUSED_UNSEEN_YET,  /* a read between a fault and the first look that can see it: T2, T3, T5 */
    EXCUSED_TOO_SMALL,   /* a read after a step too small to see: T3 by its size and a reading more */
    EXCUSED_SKEW,        /* ... of one TSC: T2 by the skew that it left */
    EXCUSED_TOO_OLD,     /* a read of a record older than the reader's own growth covers: T3 */
    EXCUSED_LEAP,        /* a VCPU that read two lines far beyond their joint: T1, by what they part there */
    EXCUSED_BEYOND_HELP, /* a VCPU with a TSC that was set back, and nothing tells how long ago: T1 */
    EXCUSED_VOID,    /* a look by nothing of its own, after the reference was touched: T2 until others look */
    EXCUSED_NO_LOOK, /* a look of which nothing came: the reading failed, or another CPU saw more meanwhile */
    EXCUSED_NEW_RATE, /* a look while the reference counts at another rate, or just did: T6 */
    EXCUSES
};
void excuse(enum excuse why);
void excuses_print(const uint64_t *counts);

#endif
