/* What the keeper tells others of one CPU. */
#include "keeper/clocks.h"

#include "cpu/percpu.h"
#include "keeper/latch.h"
#include "keeper/watch.h"

bool keeper_cpu_measured(unsigned cpu)
{
    return cpu < keeper.cpus && clock_of(cpu)->measured;
}

bool keeper_cpu_stopped(unsigned cpu)
{
    return cpu < keeper.cpus &&
           __atomic_load_n(&clock_of(cpu)->watched.silent, __ATOMIC_RELAXED) >= STOPPED_PERIODS;
}

bool keeper_cpu_view(unsigned cpu, struct keeper_cpu *out)
{
    const struct shown *shown;

    if (cpu >= keeper.cpus)
        return false;
    shown = &clock_of(cpu)->shown;
    latch_copy(&shown->sequence, shown->copy, out, sizeof *out);
    out->state = !clock_of(cpu)->measured  ? KEEPER_CPU_LEFT_OUT
                 : keeper_cpu_stopped(cpu) ? KEEPER_CPU_STOPPED
                                           : KEEPER_CPU_ONLINE;
    out->apic_id = cpu_by_id(cpu)->apic_id;
    if (!out->at_ns)
        out->hz_ppb = out->rate_bound_ppb = out->offset_bound_ns = out->err_ns = UINT64_MAX;
    return true;
}

uint64_t keeper_free_ns(void)
{
    const struct cpu_clock *clock = clock_of(cpu_id());
    uint64_t now = keeper_now_ns(), due = clock->look.timer.deadline_ns;

    if (!clock->look.timer.armed || clock_is_nudged(clock) || clock->alarm.suspect || due <= now)
        return 0;
    return due - now;
}
