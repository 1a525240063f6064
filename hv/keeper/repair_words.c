#include "keeper/repair.h"
#include "log/log.h"
#include "time/fixed.h"

static const struct {
    const char *state, *why, *words;
} ends[] = {
    [REPAIR_NOT_NEEDED] = {"none", "in-step", "nothing was written: the TSCs are in step"},
    [REPAIR_UNMEASURED] = {"refused", "unmeasured", "refused: not every CPU could be measured"},
    [REPAIR_FAR] = {"refused", "too-far", "refused: a TSC is too far off"},
    [REPAIR_NO_ADJUST] = {"refused", "no-tsc-adjust",
                          "refused: not every CPU has IA32_TSC_ADJUST, and what is written to a TSC itself "
                          "cannot be put back to the tick"},
    [REPAIR_NOT_PARALLEL] = {"refused", "not-parallel", "refused: the TSCs are apart, but not by what stays"},
    [REPAIR_NO_TIMER] = {"refused", "no-timer", "refused: there is no timer"},
    [REPAIR_DONE] = {"done", "stayed", "the TSCs were written into step, and stayed so"},
    [REPAIR_NOT_SETTLED] =
        {"put-back", "not-settled",
         "the TSCs did not come into step: every IA32_TSC_ADJUST is what it was, to the bit"},
    [REPAIR_NOT_STAYED] = {"put-back", "not-stayed",
                           "the TSCs did not stay in step: every IA32_TSC_ADJUST is what it was, to the bit"},
    [REPAIR_LEFT] = {"left", "not-settled",
                     "it failed, and not every IA32_TSC_ADJUST could be put back: reset this machine"},
};

static void tell_cpu(unsigned cpu, const struct repair_cpu *was, const struct repair_cpu *now)
{
    log_print("@repair cpu=%u was=%ld now=%ld offset_ticks=%ld residue_ticks=%ld residue_bound_ticks=%ld\n",
              cpu, was->adjust, now->adjust, range_middle((struct range){was->offset.lo, was->offset.hi}),
              range_middle((struct range){now->offset.lo, now->offset.hi}),
              (now->offset.hi - now->offset.lo) / 2 + 1);
}

unsigned repair_tell(enum repair_end end, const struct repair_cpu *was, const struct repair_cpu *now,
                     unsigned cpus)
{
    unsigned written = 0;
    int64_t most = 0;

    for (unsigned cpu = 0; end == REPAIR_DONE && cpu < cpus; cpu++) {
        most = max_i64(most, offset_extent(now[cpu].offset));
        if (was[cpu].adjust == now[cpu].adjust)
            continue;
        written++;
        tell_cpu(cpu, &was[cpu], &now[cpu]);
    }
    log_print("repair: %s\n", ends[end].words);
    log_print("@repaired state=%s why=%s cpus=%u residue_ticks=%ld\n", ends[end].state, ends[end].why,
              written, most);
    return written;
}
