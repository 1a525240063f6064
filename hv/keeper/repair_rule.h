/*
 * What repair=try writes next: which CPU's IA32_TSC_ADJUST, and to what, so that TSCs that are apart by a
 * constant come into step (repair.c). Pure. One write at a time, for some CPUs share a TSC: all is measured
 * again before the next is chosen.
 */
#ifndef KEEPER_REPAIR_RULE_H
#define KEEPER_REPAIR_RULE_H

#include <stdint.h>

#include "time/align.h"

#define REPAIR_FARTHEST (1ll << 61) /* ticks: beyond it no sum here is safe */

struct repair_cpu {
    struct offset offset; /* its TSC minus the boot CPU's; of the boot CPU itself 0 */
    int64_t adjust;
};

enum repair_what { REPAIR_IN_STEP, REPAIR_WRITE, REPAIR_UNKNOWN, REPAIR_TOO_FAR };
struct repair_step {
    enum repair_what what;
    unsigned cpu;   /* to be written; or the first that is unknown or too far */
    int64_t adjust; /* what is to be written: never below 0 */
};

/*
 * Chooses the next write. The boot CPU's comes first where there must be one: where another could not be set
 * back without an adjustment below 0. It is moved ahead then, as far as all the others need.
 */
struct repair_step repair_next(const struct repair_cpu *cpus, unsigned count);

#endif
