/* What is shown of a CPU (keeper_cpu_view) against the truth: its rate, and its TSC beside the boot CPU's. */
#include "kept.h"

#include <math.h>

#define FRESH_NS 100000.0L /* TSCs part by no more than PARTING of it */
#define PARTING  1e-3L     /* rates are within 500 ppm of the first, on either side */

/* In the ns in which it is shown: TSCs' ticks have no others, and the scale is said at start-up. */
static long double true_offset_ns(unsigned cpu)
{
    int64_t ticks = (int64_t)(tsc_of(cpu) - tsc_of(0));

    return (long double)ticks * keeper.nominal.mul * ldexpl(1, keeper.nominal.shift - 32);
}

static long double true_hz(unsigned cpu)
{
    return crystal_hz(world.cpus[cpu].crystal);
}

static void check_offset(unsigned cpu, const struct keeper_cpu *seen, long double age_ns)
{
    long double off = fabsl(seen->offset_ns - true_offset_ns(cpu));
    long double ppb = (true_hz(cpu) / true_hz(0) - 1) * 1e9L;

    if (seen->offset_bound_ns != UINT64_MAX) {
        tally.shown++;
        PROMISE(off <= seen->offset_bound_ns + age_ns * PARTING + 2e9L / world.m.hz + 2,
                "CPU %u is shown %lld ns +/- %llu off the boot CPU, and is %.0Lf\n", cpu,
                (long long)seen->offset_ns, (unsigned long long)seen->offset_bound_ns, true_offset_ns(cpu));
    }
    if (seen->rate_bound_ppb != UINT64_MAX)
        PROMISE(fabsl(seen->rate_ppb - ppb) <= seen->rate_bound_ppb + 1,
                "CPU %u is shown %lld ppb +/- %llu faster than the boot CPU, and is %.0Lf\n", cpu,
                (long long)seen->rate_ppb, (unsigned long long)seen->rate_bound_ppb, ppb);
}

/*
 * On this CPU, which has just looked. Nobody's TSC is in doubt, or what is shown may be of before; and where
 * two CPUs may take a narrow counter for different wraps, the reference alone cannot tell their TSCs apart.
 */
void promises_shown(unsigned cpu)
{
    long double age_ns = world.now_ns - world.cpus[cpu].reading.from_ns;
    struct keeper_cpu seen;

    if (kept.doubts > 0 || kept.cpus[cpu].unseen_ns > 0 || kept.cpus[0].unseen_ns > 0 || age_ns > FRESH_NS ||
        promises_rate_unsettled(cpu) || promises_rate_unsettled(0) ||
        kept.cpus[cpu].seen_lines != world.disruptions || !promises_one_wrap())
        return;
    PROMISE(keeper_cpu_view(cpu, &seen) && seen.apic_id == cpu, "CPU %u is not shown\n", cpu);
    PROMISE(seen.state == KEEPER_CPU_ONLINE, "CPU %u looked, and is shown in state %d\n", cpu, seen.state);
    if (seen.hz_ppb != UINT64_MAX && !world.m.slip_ns)
        PROMISE(fabsl(seen.hz - true_hz(cpu)) <= true_hz(cpu) * 1e-9L * seen.hz_ppb + 1,
                "CPU %u is shown at %llu Hz +/- %llu ppb, and runs at %.3Lf\n", cpu,
                (unsigned long long)seen.hz, (unsigned long long)seen.hz_ppb, true_hz(cpu));
    check_offset(cpu, &seen, age_ns);
}
