/* What the judge lets pass, and how often: in the summary, with the reason. */
#include <stdio.h>

#include "world.h"

static const char *const reasons[EXCUSES] = {
    [EXCUSED_UNSEEN_YET] = "reads, T2 T3 T5: a fault that no look could see yet",
    [EXCUSED_TOO_SMALL] = "reads, T3 by a step that was too small to see, and a reading",
    [EXCUSED_SKEW] = "reads, T2 by the skew that such a step left",
    [EXCUSED_TOO_OLD] = "reads, T3: a record older than the reader's growth covers",
    [EXCUSED_LEAP] = "VCPUs, T1: two lines read far beyond their joint",
    [EXCUSED_BEYOND_HELP] = "VCPUs, T1: a TSC set back, no look in 2 s or the reference touched",
    [EXCUSED_VOID] = "looks, T2: what the CPU knew was void, and the reference touched",
    [EXCUSED_NEW_RATE] = "looks, T6: the reference counts at another rate, or just did",
    [EXCUSED_NO_LOOK] = "looks, all: the reading failed, or came to nothing",
};

void excuse(enum excuse why)
{
    tally.excused[why]++;
}

void excuses_print(const uint64_t *counts)
{
    printf("excused:\n");
    for (unsigned i = 0; i < EXCUSES; i++)
        printf("  %-68s %12llu\n", reasons[i], (unsigned long long)counts[i]);
}
