/* One machine from its start to its end. */
#include "world.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "beside.h"
#include "guest.h"
#include "negative.h"
#include "promises.h"

#define RUNS_OVER_MOST 200000000u /* turns of one run: a machine that never gets on is broken too */

struct world world;
struct tally tally = TALLY_NOTHING;

bool tracing, promises_expected_broken;

void trace(const char *format, ...)
{
    va_list args;

    if (!tracing)
        return;
    fprintf(stderr, "%14.9Lf  ", world.now_ns * 1e-9L);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

void promise_broken(const char *what, const char *format, ...)
{
    va_list args;

    if (promises_expected_broken)
        longjmp(world.end, 1);
    fprintf(stderr, "broken: %s, seed 0x%llx, at %.9Lf s, CPU %u: ", world.m.name,
            (unsigned long long)world.m.seed, world.now_ns * 1e-9L, world.cpu);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "        (%s)\n", what);
    longjmp(world.end, 1);
}

/* ---- Who runs when ---- */

static bool wakes_first(const struct sim_cpu *c)
{
    return c->woken_ns < c->alarm_ns;
}

static void interrupt_on(unsigned cpu)
{
    unsigned old = world.cpu;
    bool woken = wakes_first(&world.cpus[cpu]);

    world.cpu = cpu;
    world.cpus[cpu].busy = true;
    world.depth++;
    world.cpus[cpu].began_ns = world.now_ns;
    if (woken) {
        world.cpus[cpu].woken_ns = NEVER;
        world.woken();
    } else {
        world.cpus[cpu].alarm_ns = NEVER;
        world.cpus[cpu].deadline = 0;
        world.alarm();
    }
    promises_look_ends(cpu);
    promises_now(cpu, keeper_now_ns());
    world.depth--;
    world.cpus[cpu].busy = false;
    world.cpu = old;
}

/* When this CPU's interrupt is taken: it waits for a CPU that stands still. */
static long double due_ns(const struct sim_cpu *c)
{
    return larger(smaller(c->alarm_ns, c->woken_ns), c->asleep_until);
}

/* Returns the CPU that gets the next interrupt, or world.m.cpus if there is none. */
static unsigned next_interrupt(void)
{
    unsigned first = world.m.cpus;

    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (!world.cpus[i].busy && due_ns(&world.cpus[i]) < NEVER &&
            (first == world.m.cpus || due_ns(&world.cpus[i]) < due_ns(&world.cpus[first])))
            first = i;
    }
    return first;
}

/* While one CPU is at work: others read; and where no lock is held one of them may have its own tick. */
static void others(void)
{
    unsigned cpu;

    if (below(4) == 0)
        guest_read((unsigned)below(world.m.cpus));
    if (keeper.lock.held || world.depth > 1 || below(8) != 0)
        return;
    cpu = next_interrupt();
    if (cpu < world.m.cpus && due_ns(&world.cpus[cpu]) <= world.now_ns)
        interrupt_on(cpu);
}

static void do_planned(void)
{
    const struct planned *plan;

    for (unsigned i = 0; i < PLAN_MOST; i++) {
        plan = &world.m.plan[i];
        if (plan->what == FAULT_NONE || world.planned & 1u << i || world.now_ns < plan->at_ns)
            continue;
        world.planned |= 1u << i;
        fault_do(plan->what, plan->cpu, plan->size);
    }
}

/* A CPU that runs, for what a CPU must do. */
static void choose_cpu(void)
{
    world.cpu = (unsigned)below(world.m.cpus);
    for (unsigned i = 0; i < world.m.cpus && (asleep(world.cpu) || !takes_part(world.cpu)); i++)
        world.cpu = (world.cpu + 1) % world.m.cpus;
}

static void slip(void)
{
    int64_t ticks = (int64_t)(part(world.m.slip_ns) * 1e-9L * world.m.hz);

    for (unsigned i = 0; i < world.m.cpus; i++)
        world.cpus[i].extra += ticks;
}

static void happen(void)
{
    if (world.depth > 0)
        return;
    choose_cpu();
    faults_tick();
    negative_tick();
    do_planned();
    watched_tick();
    if (world.m.slip_ns && below(100) == 0)
        slip();
    if (world.now_ns >= world.fault_ns) {
        world.fault_ns = world.now_ns + log_between(world.m.fault_gap_ns / 5, world.m.fault_gap_ns * 3);
        fault_draw();
    }
}

void run_until(long double ns)
{
    while (world.now_ns < ns) {
        unsigned cpu = next_interrupt();
        long double read_ns = world.now_ns + part(world.m.read_gap_ns);

        happen();
        if (cpu < world.m.cpus && due_ns(&world.cpus[cpu]) <= read_ns) {
            time_goes_on(due_ns(&world.cpus[cpu]));
            interrupt_on(cpu);
        } else {
            time_goes_on(read_ns);
            guest_read((unsigned)below(world.m.cpus));
        }
    }
}

/* ---- A run ---- */

static void make_crystals(void)
{
    long double apart = world.m.apart_ppm * 1e-6L;

    for (unsigned i = 0; i < world.m.cpus; i++) {
        struct crystal_walk *c = &world.crystal[i];

        *c = (struct crystal_walk){
            .hz = world.m.hz, .dev_limit = 250e-6L, .most = world.m.wander * 1e-9L, .sine = world.m.sine};
        if (world.m.row) {
            c->most = world.m.row->wander_ppb_s * 1e-9L;
            c->bending = world.m.row->bending.every_ns > 0 ? &world.m.row->bending : NULL;
        }
        c->r.state = random_next(&world.r);
        c->step = world.m.sine ? (unsigned)below(16) : 0;
        world.cpus[i].crystal = world.m.own_crystals ? c : &world.crystal[0];
        world.cpus[i].alarm_ns = world.cpus[i].woken_ns = world.cpus[i].thaw_ns = NEVER;
        if (i == 0)
            continue;
        c->hz *= 1 + part(2 * apart) - apart;
        c->most *=
            c->hz / world.m.hz * (c->hz / world.m.hz); /* by the boot CPU's TSC, as the keeper counts */
        world.cpus[i].extra = world.m.level          ? 0
                              : world.m.own_crystals ? (int64_t)below(1ull << 36) - (1ll << 35)
                                                     : (int64_t)below(world.m.skew_ticks + 1);
    }
}

static void shift_timeline(struct timeline *t, struct published *said, struct latch *latch, uint64_t ns)
{
    t->line.ns += ns;
    said->line.ns += ns;
    said->wall = wallclock_at(keeper.wall_base, said->line.ns);
    latch->copy[0].ns += ns;
    latch->copy[1].ns += ns;
}

static void shift_history(struct told_history *history, uint64_t ns)
{
    for (unsigned i = 0; i < HISTORY_LINES; i++)
        history->told[i].line.ns += ns;
}

static void shift_clock(struct cpu_clock *clock, uint64_t ns)
{
    shift_timeline(&clock->own.timeline, &clock->own.published, &clock->own.latch, ns);
    shift_history(&clock->own.history, ns);
    clock->known.outlook.lo_ns += (int64_t)ns;
    clock->known.outlook.hi_ns += (int64_t)ns;
    for (unsigned s = 0; s < clock->look.estimate.count; s++) {
        clock->look.estimate.bracket[s].ref_lo_ns += (int64_t)ns;
        clock->look.estimate.bracket[s].ref_hi_ns += (int64_t)ns;
    }
}

/* As if the machine had run for long already: everything that is in ns of R or S moves on. */
static void shift_all(void)
{
    uint64_t ns = (uint64_t)world.m.ref_base_ns;

    keeper.tie.origin -= counter_from_ns(&keeper.tie.counter, (int64_t)ns);
    world.m.ref_base_ns =
        (long double)counter_ns(&keeper.tie.counter, counter_from_ns(&keeper.tie.counter, (int64_t)ns));
    ns = (uint64_t)world.m.ref_base_ns;
    shift_timeline(&keeper.common.timeline, &keeper.common.published, &keeper.common.latch, ns);
    shift_history(&keeper.common.history, ns);
    for (unsigned i = 0; i < world.m.cpus; i++)
        shift_clock(clock_of(i), ns);
}

/* As the command line has it. */
static uint32_t wander_option(void)
{
    return world.m.learns ? WANDER_LEARNED : world.m.wander;
}

static void begin(void)
{
    struct options options = {.mode = world.m.mode, .discipline = true, .wander_ppb_s = wander_option()};

    memset(&keeper, 0, sizeof keeper);
    negative_begins();
    keeper.lock.name = "keeper";
    promises_forget();
    make_crystals();
    keeper_start(&options, 0);
    reference_begins();
    shift_all();
    for (unsigned i = 1; i < world.m.cpus; i++) {
        world.cpu = i;
        if (clock_of(i)->measured)
            keeper_cpu_start();
    }
    world.cpu = 0;
    guest_begin();
    world.between = others;
    promises_begin();
    world.fault_ns = world.m.fault_gap_ns > 0 ? world.now_ns + world.m.fault_gap_ns : NEVER;
    world.ends_ns = NEVER;
}

static void usual(struct scene *m)
{
    if (!m->tsc_base)
        m->tsc_base = 1ull << 40;
    if (!m->ref.bits)
        m->ref = (struct counter){10000000, 1000000, 64};
    if (m->read_gap_ns == 0)
        m->read_gap_ns = 3e6L;
    if (m->apart_ppm == 0)
        m->apart_ppm = 30;
}

bool run(const struct scene *machine)
{
    uint64_t reads = tally.reads, known = tally.known;

    memset(&world, 0, sizeof world);
    world.m = *machine;
    world.r.state = machine->seed;
    usual(&world.m);
    tally.runs++;
    if (setjmp(world.end)) {
        tally.broken++;
        tally.simulated_ns += (uint64_t)world.now_ns;
        memory_forget();
        return false;
    }
    trace("%s: %u CPUs, %s, %.0Lf Hz, %u bits, D %u ppb/s%s, late %.0Lf us, stall %.0Lf us\n", world.m.name,
          world.m.cpus, world.m.own_crystals ? "crystals of their own" : "one crystal", world.m.hz,
          world.m.ref.bits, world.m.wander, world.m.sine ? " as a sine" : "", world.m.late_ns * 1e-3L,
          world.m.stall_ns * 1e-3L);
    begin();
    beside_begin();
    watched_begin();
    run_until(world.m.length_ns);
    watched_end();
    promises_end(tally.reads - reads, tally.known - known);
    tally.simulated_ns += (uint64_t)world.now_ns;
    memory_forget();
    return true;
}
