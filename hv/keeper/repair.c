/*
 * repair=try: TSCs that are apart by a constant are written into step by IA32_TSC_ADJUST, before anything
 * else is measured. What is written to the TSC itself could never be put back to the tick; an adjustment can
 * (SDM vol. 3, 17.17.3: the TSC moves by as much as it). All is in ticks here, for no rate is known yet.
 */
#include "cpu/apic.h"
#include "cpu/facts.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/repair.h"
#include "keeper/repair_rule.h"
#include "keeper/start.h"
#include "time/fixed.h"

#define MSR_TSC_ADJUST 0x3bu
#define ROUGH_HZ       1000000000u
#define STAYS_US       250000u /* an offset that is the same after that stays, for all that can be seen */
#define WRITES_MORE    8u      /* besides four a CPU: those that share a TSC move each other */

/* As measured now, the time before, and before anything was written. */
static struct repair_cpu *now, *earlier, *original;
static int64_t *wanted; /* what a CPU writes, once it is its turn */
static unsigned repaired;

/* With interrupts off. A deadline that is armed would come early or late: the TSC moves under it. */
static void write_own(void)
{
    if (apic_timer_has_deadline())
        apic_timer_set_deadline(0);
    wrmsr(MSR_TSC_ADJUST, (uint64_t)wanted[cpu_id()]);
}

static void write_adjust(unsigned cpu, int64_t adjust)
{
    wanted[cpu] = adjust;
    if (cpu)
        exchange_alone(cpu, write_own);
    else
        write_own();
}

/* All of them, whichever was written: some share a TSC. */
static void measure_again(void)
{
    exchange_star(&clock_of(0)->known.outlook);
    adjust_read(clock_of(0));
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
        const struct cpu_clock *clock = clock_of(cpu);

        now[cpu] = (struct repair_cpu){.adjust = (int64_t)clock->look.adjust};
        if (cpu)
            now[cpu].offset = clock->start.late.tsc_hi ? clock->start.offset : OFFSET_UNKNOWN;
    }
}

/* Returns false if an offset changed meanwhile: such a TSC runs at another rate, or somebody wrote to it. */
static bool offsets_stood(void)
{
    bool stay = true;

    __builtin_memcpy(earlier, now, keeper.cpus * sizeof *now);
    reference_wait_us(STAYS_US);
    measure_again();
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
        struct offset both = offset_join(earlier[cpu].offset, now[cpu].offset);

        stay = stay && both.lo <= both.hi && earlier[cpu].adjust == now[cpu].adjust;
    }
    return stay;
}

static bool all_have_adjust(void)
{
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
        if (!cpu_facts(cpu)->tsc_adjust)
            return false;
    }
    return true;
}

/* Returns true once all are in step. Every write is followed by a look at all CPUs. */
static bool write_all(void)
{
    struct repair_step step = repair_next(now, keeper.cpus);

    for (unsigned left = 4 * keeper.cpus + WRITES_MORE; step.what == REPAIR_WRITE && left; left--) {
        write_adjust(step.cpu, step.adjust);
        measure_again();
        if (now[step.cpu].adjust != step.adjust)
            return false;
        step = repair_next(now, keeper.cpus);
    }
    return step.what == REPAIR_IN_STEP;
}

/* Returns true if every adjustment is what it was, to the bit. */
static bool put_back(void)
{
    bool same = true;

    for (unsigned cpu = keeper.cpus; cpu-- > 0;) {
        if (now[cpu].adjust != original[cpu].adjust)
            write_adjust(cpu, original[cpu].adjust);
    }
    measure_again();
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++)
        same = same && now[cpu].adjust == original[cpu].adjust &&
               offset_judge(now[cpu].offset) != ALIGNMENT_UNKNOWN;
    return same;
}

/* Returns why nothing is written, or REPAIR_MAY. */
static enum repair_end refusal(void)
{
    switch (repair_next(now, keeper.cpus).what) {
    case REPAIR_IN_STEP: return REPAIR_NOT_NEEDED;
    case REPAIR_UNKNOWN: return REPAIR_UNMEASURED;
    case REPAIR_TOO_FAR: return REPAIR_FAR;
    case REPAIR_WRITE: break;
    }
    if (!all_have_adjust())
        return REPAIR_NO_ADJUST;
    return offsets_stood() ? REPAIR_MAY : REPAIR_NOT_PARALLEL;
}

static enum repair_end write_and_see(void)
{
    bool settled;

    __builtin_memcpy(original, now, keeper.cpus * sizeof *now);
    settled = write_all();
    if (settled && offsets_stood() && repair_next(now, keeper.cpus).what == REPAIR_IN_STEP)
        return REPAIR_DONE;
    if (!put_back())
        return REPAIR_LEFT;
    return settled ? REPAIR_NOT_STAYED : REPAIR_NOT_SETTLED;
}

/* As without a timer, R is the boot CPU's TSC, and a tick is called 1 ns. Nothing of it is kept. */
void repair_try(bool asked)
{
    uint64_t bytes = keeper.cpus * sizeof *now;
    enum repair_end end;

    if (!asked)
        return;
    now = memory_take_bytes(bytes, "TSCs to be repaired");
    earlier = memory_take_bytes(bytes, "TSCs to be repaired");
    original = memory_take_bytes(bytes, "TSCs to be repaired");
    wanted = memory_take_bytes(keeper.cpus * sizeof *wanted, "TSCs to be repaired");
    scale_from_hz(ROUGH_HZ, &keeper.nominal);
    clock_of(0)->known.outlook = (struct outlook){.tsc = rdtsc_ordered(), .nominal = keeper.nominal};
    measure_again();
    end = refusal();
    if (end == REPAIR_MAY)
        end = write_and_see();
    repaired = repair_tell(end, original, now, keeper.cpus);
    exchange_forget();
    clock_of(0)->known.outlook = (struct outlook){0};
    keeper.nominal = (struct tsc_scale){0};
}

void repair_refuse(bool asked)
{
    if (asked)
        repair_tell(REPAIR_NO_TIMER, NULL, NULL, 0);
}

unsigned keeper_repaired(void)
{
    return repaired;
}
