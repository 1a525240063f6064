#include "keeper/idle_rule.h"

#define CPUID_MONITOR (1u << 3) /* leaf 1, ECX */
#define DEEPEST       7u
#define SPENT_PER_MIL 1u   /* twice ESTIMATE_RATE_LIMIT_PPB: no TSC that runs is slower by more */
#define WAKES_AT_MOST 100u /* in 20 ms: a CPU that sleeps is woken at the end, and by little else */

/* Leaf 5, EDX has four bits for each C-state: how many sub-states it has. C0 comes first. */
static unsigned sub_states(uint32_t edx, unsigned state)
{
    return edx >> 4 * state & 0xf;
}

struct mwait mwait_deepest(uint32_t largest_leaf, uint32_t leaf1_ecx, uint32_t leaf5_edx)
{
    struct mwait m = {.usable = largest_leaf >= 5 && leaf1_ecx & CPUID_MONITOR, .state = 1, .hint = 0};

    for (unsigned state = DEEPEST; state >= 1; state--) {
        unsigned subs = sub_states(leaf5_edx, state);

        if (subs) {
            m.state = state;
            m.hint = (state - 1) << 4 | (subs - 1);
            break;
        }
    }
    return m;
}

struct idle_trial idle_judge(uint64_t own_ns, uint64_t least_ns, uint32_t returns)
{
    struct idle_trial trial = {.returns = returns};

    if (own_ns < least_ns - least_ns * SPENT_PER_MIL / 1000) {
        trial.result = IDLE_STOPPED;
        trial.stopped_ns = least_ns - own_ns;
    } else {
        trial.result = returns > WAKES_AT_MOST ? IDLE_AWAKE : IDLE_GOES_ON;
    }
    return trial;
}
