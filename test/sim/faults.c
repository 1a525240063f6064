#include "faults.h"

#include <math.h>

#include "guest.h"
#include "promises.h"

const char *const fault_names[FAULTS] = {
    [FAULT_NONE] = "nothing",
    [FAULT_TIMER_LATE] = "timer late",
    [FAULT_TIMER_LOST] = "timer lost",
    [FAULT_SMI] = "SMI in a reading",
    [FAULT_HOST_STALL] = "host stalls in a reading",
    [FAULT_READING_FAILS] = "reading fails",
    [FAULT_READER_INTERRUPTED] = "reader interrupted",
    [FAULT_CPU_STOPS] = "CPU stops for a while",
    [FAULT_MACHINE_STOPS] = "machine stops for a while",
    [FAULT_VCPU_MOVES] = "VCPUs change CPUs",
    [FAULT_WALL_SET] = "wall clock set",
    [FAULT_REFERENCE_DEAD] = "reference dead for a while",
    [FAULT_LEAVE] = "unified mode left",
    [FAULT_TSC_AHEAD] = "TSC jumps ahead",
    [FAULT_TSC_BACK_LITTLE] = "TSC set back a little",
    [FAULT_TSC_BACK_FAR] = "TSC set back far",
    [FAULT_TSC_FREEZES] = "TSC freezes, goes on",
    [FAULT_TSC_MENDED] = "TSCs set right again",
    [FAULT_ALL_TSC_AHEAD] = "all TSCs jump ahead",
    [FAULT_ALL_TSC_BACK] = "all TSCs set back",
    [FAULT_REFERENCE_AHEAD] = "reference jumps ahead",
    [FAULT_REFERENCE_BACK] = "reference set back",
    [FAULT_REFERENCE_FREEZES] = "reference freezes",
    [FAULT_REFERENCE_RATE] = "reference at a wrong rate",
    [FAULT_REFERENCE_LIES] = "reference counts at random",
    [FAULT_BACK_TO_UNIFIED] = "back to unified mode",
};

void fault_met(enum fault what)
{
    tally.struck[what]++;
}

static void touch_reference(void)
{
    for (unsigned i = 0; i < world.m.cpus; i++)
        promises_doubt(i, false);
}

static void touch_tsc(unsigned cpu, long double ns)
{
    struct sim_cpu *c = &world.cpus[cpu];

    c->jumped += (int64_t)(ns * 1e-9L * c->crystal->hz);
    deadline_moves(cpu);
    promises_doubt(cpu, true);
}

/* As loadvm does it: deadlines on the TSC go with it. */
static void touch_all_tscs(long double ns)
{
    for (unsigned i = 0; i < world.m.cpus; i++) {
        world.cpus[i].deadline +=
            world.cpus[i].deadline ? (uint64_t)(int64_t)(ns * 1e-9L * world.cpus[i].crystal->hz) : 0;
        touch_tsc(i, ns);
    }
}

/* TSCs that were in step are in step again. */
static void mend_tscs(void)
{
    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (world.cpus[i].jumped == world.cpus[0].jumped)
            continue;
        world.cpus[i].jumped = world.cpus[0].jumped;
        deadline_moves(i);
        promises_doubt(i, true);
    }
}

static void stop(unsigned cpu, long double ns)
{
    struct sim_cpu *c = &world.cpus[cpu];

    c->asleep_until = larger(c->asleep_until, world.now_ns + ns);
    promises_stops(cpu, c->asleep_until);
}

static void freeze_tsc(unsigned cpu, long double ns)
{
    struct sim_cpu *c = &world.cpus[cpu];

    if (c->frozen)
        return;
    c->frozen_tsc = tsc_of(cpu);
    c->frozen = true;
    deadline_moves(cpu);
    c->thaw_ns = world.now_ns + ns;
    world.ends_ns = smaller(world.ends_ns, c->thaw_ns);
    promises_doubt(cpu, true);
}

static void thaw_tsc(unsigned cpu)
{
    struct sim_cpu *c = &world.cpus[cpu];

    c->frozen = false;
    c->jumped += (int64_t)(c->frozen_tsc - tsc_of(cpu));
    c->thaw_ns = NEVER;
    deadline_moves(cpu);
    promises_doubt(cpu, true);
}

static void leave_unified(void)
{
    if (keeper.mode != CLOCK_UNIFIED)
        return;
    lock_take(&keeper.lock);
    mode_leave_unified("as the test wants it");
    lock_release(&keeper.lock, false);
}

static void fault_of_cpus(enum fault what, unsigned cpu, long double size)
{
    if (what == FAULT_CPU_STOPS)
        stop(cpu, size * SECOND);
    if (what == FAULT_MACHINE_STOPS) {
        for (unsigned i = 0; i < world.m.cpus; i++)
            stop(i, size * SECOND);
    }
    if (what == FAULT_VCPU_MOVES)
        guest_move(cpu, (unsigned)below(world.m.cpus));
    if (what == FAULT_WALL_SET)
        guest_set_wall((int64_t)below(1ull << 33), (uint32_t)below(1000000000));
    if (what == FAULT_LEAVE)
        leave_unified();
}

static void fault_of_tscs(enum fault what, unsigned cpu, long double size)
{
    if (what == FAULT_TSC_AHEAD)
        touch_tsc(cpu, size * SECOND);
    if (what == FAULT_TSC_BACK_LITTLE || what == FAULT_TSC_BACK_FAR)
        touch_tsc(cpu, -size * SECOND);
    if (what == FAULT_TSC_FREEZES)
        freeze_tsc(cpu, size * SECOND);
    if (what == FAULT_TSC_MENDED)
        mend_tscs();
    if (what == FAULT_ALL_TSC_AHEAD)
        touch_all_tscs(size * SECOND);
    if (what == FAULT_ALL_TSC_BACK)
        touch_all_tscs(-size * SECOND);
}

static void fault_of_reference(enum fault what, long double size)
{
    long double until_ns = world.now_ns + size * SECOND;

    if (what == FAULT_REFERENCE_DEAD) {
        world.ref.dead_until = until_ns;
        return;
    }
    if (what == FAULT_REFERENCE_AHEAD)
        reference_shift(size * SECOND);
    if (what == FAULT_REFERENCE_BACK)
        reference_shift(-size * SECOND);
    if (what == FAULT_REFERENCE_FREEZES)
        reference_rate(-1, until_ns);
    if (what == FAULT_REFERENCE_RATE)
        reference_rate(below(2) ? log_between(0.01L, 1) : -log_between(0.01L, 0.5L), until_ns);
    if (what == FAULT_REFERENCE_LIES)
        world.ref.lies_until = until_ns;
    world.ends_ns = smaller(world.ends_ns, until_ns);
    touch_reference();
}

void fault_do(enum fault what, unsigned cpu, long double size)
{
    if (what != FAULT_VCPU_MOVES && what != FAULT_LEAVE)
        fault_met(what);
    trace("%s: CPU %u, %.9Lg\n", fault_names[what], cpu, size);
    fault_of_cpus(what, cpu, size);
    fault_of_tscs(what, cpu, size);
    if (what == FAULT_REFERENCE_DEAD || what >= FAULT_REFERENCE_AHEAD)
        fault_of_reference(what, size);
}

static void end_by_now(void)
{
    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (world.cpus[i].frozen && world.now_ns >= world.cpus[i].thaw_ns)
            thaw_tsc(i);
        if (world.cpus[i].frozen)
            world.ends_ns = smaller(world.ends_ns, world.cpus[i].thaw_ns);
    }
    if (world.ref.rate != 0 && world.now_ns >= world.ref.until_ns) {
        reference_rate(0, NEVER);
        touch_reference();
    }
    if (world.ref.rate != 0)
        world.ends_ns = smaller(world.ends_ns, world.ref.until_ns);
}

void faults_tick(void)
{
    if (world.now_ns < world.ends_ns)
        return;
    world.ends_ns = NEVER;
    end_by_now();
}
