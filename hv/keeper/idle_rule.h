/* What the trial of TSCs in deep idle (idle.c) decides. Pure. */
#ifndef KEEPER_IDLE_RULE_H
#define KEEPER_IDLE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper.h"

/* How a CPU is to idle as deeply as MWAIT lets it. */
struct mwait {
    bool usable;
    unsigned state; /* n of "Cn", as MWAIT counts them: 1..7 */
    uint32_t hint;  /* for EAX */
};
/* From CPUID's largest leaf, leaf 1 ECX and leaf 5 EDX (SDM vol. 2, CPUID; table 4-11 of MWAIT). */
struct mwait mwait_deepest(uint32_t largest_leaf, uint32_t leaf1_ecx, uint32_t leaf5_edx);

/*
 * A CPU slept for `own_ns` by its own TSC, and certainly for `least_ns` (20 ms or so) by the boot CPU's.
 * Both rates are known to within 500 ppm.
 */
struct idle_trial idle_judge(uint64_t own_ns, uint64_t least_ns, uint32_t returns);

#endif
