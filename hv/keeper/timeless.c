/*
 * A machine without any timer that can be used. No time is kept, and no rate is known. But TSCs can be held
 * against one another: all meet the boot CPU, twice, and each other. All is in ticks here.
 */
#include "cpu/instructions.h"
#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/latch.h"
#include "keeper/start.h"
#include "log/log.h"
#include "time/fixed.h"

#define TICK_HZ     1000000000u /* one tick is one of what the exchanges take for ns */
#define BETWEEN_US  1000000u    /* from one star to the next, roughly: there is nothing to tell it by */
#define PASSES      4u
#define FAR_TICKS   1000000000ll /* no TSC that is worth a word gains more meanwhile */
#define LEAST_TICKS 1000000u

/* R is the boot CPU's TSC, by definition. */
static void take_boot_tsc(void)
{
    scale_from_hz(TICK_HZ, &keeper.nominal);
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++)
        clock_of(cpu)->look.estimate.nominal = keeper.nominal;
    clock_of(0)->known.outlook = (struct outlook){.tsc = rdtsc_ordered(), .nominal = keeper.nominal};
    clock_of(0)->measured = true;
    adjust_read(clock_of(0));
}

static void first_star(void)
{
    exchange_star(&clock_of(0)->known.outlook);
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        struct cpu_clock *clock = clock_of(cpu);

        clock->measured = clock->start.late.tsc_hi != 0;
        clock->start.early = clock->start.late;
        clock->shown.beside = (struct range){clock->start.offset.lo, clock->start.offset.hi};
        if (!clock->measured)
            log_print("CPU %u is left out: its TSC cannot be measured\n", cpu);
    }
}

/* By what a TSC gained on the boot CPU's from the first star to this one. */
static void fill_rate_gained(const struct cpu_clock *clock, struct keeper_cpu *out)
{
    struct offset now = clock->start.offset;
    int64_t gone = (int64_t)(clock->start.late.tsc_hi - clock->start.early.tsc_hi);
    struct range gained = {now.lo - clock->shown.beside.hi, now.hi - clock->shown.beside.lo};

    if (gone < (int64_t)LEAST_TICKS || gained.lo < -FAR_TICKS || gained.hi > FAR_TICKS)
        return;
    gained.lo = gained.lo * 1000000000 / gone - 1;
    gained.hi = gained.hi * 1000000000 / gone + 1;
    out->rate_ppb = range_middle(gained);
    out->rate_bound_ppb = (uint64_t)(gained.hi - gained.lo) / 2 + 1;
}

static void show(unsigned cpu)
{
    struct cpu_clock *clock = clock_of(cpu);
    struct offset offset = clock->start.offset;
    struct keeper_cpu now = {.at_ns = 1,
                             .hz_ppb = UINT64_MAX,
                             .rate_bound_ppb = cpu ? UINT64_MAX : 0,
                             .offset_bound_ns = cpu ? UINT64_MAX : 0,
                             .err_ns = UINT64_MAX,
                             .adjust = (int64_t)clock->look.adjust};

    if (cpu && clock->start.late.tsc_hi && offset_judge(offset) != ALIGNMENT_UNKNOWN) {
        now.offset_ns = range_middle((struct range){offset.lo, offset.hi});
        now.offset_bound_ns = (uint64_t)(offset.hi - offset.lo) / 2 + 1;
        fill_rate_gained(clock, &now);
    }
    latch_write(&clock->shown.sequence, clock->shown.copy, &now, sizeof now);
}

void keeper_timeless(const struct options *options)
{
    int64_t extent;

    start_make_clocks();
    take_boot_tsc();
    idle_try(options->idle_trial);
    repair_refuse(options->repair == REPAIR_TRY);
    slip_expected_ns();
    first_star();
    keeper.alignment = exchange_pairs(PASSES, &extent);
    idle_report();
    reference_wait_us(BETWEEN_US);
    exchange_star(&clock_of(0)->known.outlook);
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++)
        show(cpu);
}
