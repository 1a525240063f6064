#include "keeper/repair_rule.h"

#include "time/fixed.h"

/* The boot CPU needs no meeting. */
static struct repair_step find_unfit(const struct repair_cpu *cpus, unsigned count)
{
    struct repair_step step = {.what = REPAIR_IN_STEP};

    for (unsigned i = 0; i < count && step.what == REPAIR_IN_STEP; i++) {
        const struct repair_cpu *cpu = &cpus[i];

        step.cpu = i;
        if (cpu->offset.lo > cpu->offset.hi || offset_judge(cpu->offset) == ALIGNMENT_UNKNOWN)
            step.what = REPAIR_UNKNOWN;
        else if (cpu->offset.lo < -REPAIR_FARTHEST || cpu->offset.hi > REPAIR_FARTHEST ||
                 cpu->adjust > REPAIR_FARTHEST || cpu->adjust < -REPAIR_FARTHEST)
            step.what = REPAIR_TOO_FAR;
    }
    return step;
}

/*
 * Where the two adjustments explain an offset, they are that offset to the tick: so firmware wrote it. Else
 * its middle is the best there is.
 */
static int64_t likely(const struct repair_cpu *cpu, const struct repair_cpu *boot)
{
    int64_t written = cpu->adjust - boot->adjust;

    if (cpu->offset.lo <= written && written <= cpu->offset.hi)
        return written;
    return cpu->offset.lo + (cpu->offset.hi - cpu->offset.lo) / 2;
}

static bool is_apart(const struct repair_cpu *cpu)
{
    return offset_judge(cpu->offset) == ALIGNMENT_APART;
}

/* Returns true if this one would certainly have to be set below 0 to come where the boot CPU's is. */
static bool is_short(const struct repair_cpu *cpu)
{
    return cpu->offset.lo > cpu->adjust;
}

/*
 * Returns how far the boot CPU's must go ahead. Then all others follow it, those in step as well, and none of
 * them, itself among them, stays below 0.
 */
static int64_t lead_needed(const struct repair_cpu *cpus, unsigned count)
{
    bool needed = false;
    int64_t lead = 0;

    for (unsigned i = 0; i < count; i++) {
        needed = needed || (is_apart(&cpus[i]) && is_short(&cpus[i]));
        if (is_short(&cpus[i]))
            lead = max_i64(lead, likely(&cpus[i], &cpus[0]) - cpus[i].adjust);
    }
    return needed ? lead : 0;
}

struct repair_step repair_next(const struct repair_cpu *cpus, unsigned count)
{
    struct repair_step step = find_unfit(cpus, count);
    int64_t lead;

    if (step.what != REPAIR_IN_STEP)
        return step;
    lead = lead_needed(cpus, count);
    if (lead > 0)
        return (struct repair_step){REPAIR_WRITE, 0, cpus[0].adjust + lead};
    for (unsigned i = 1; i < count; i++) {
        if (is_apart(&cpus[i]))
            return (struct repair_step){REPAIR_WRITE, i,
                                        max_i64(0, cpus[i].adjust - likely(&cpus[i], &cpus[0]))};
    }
    return step;
}
