/* One machine, one fault, three watchers. */
#include "watched.h"

#include <math.h>

#include "guest.h"
#include "rival_watchdog.h"
#include "world.h"

#define S              SECOND
#define EARLIEST_NS    (15 * S) /* all have settled by then: a round of 30 CPUs, the keeper's rate */
#define EARLIEST_SPAN  (10 * S)
#define AFTER_NS       (20 * S)
#define ROUND_NS       (S / 2) /* the new watchdog's, for each CPU */
#define LATE_MOST_NS   1e7L
#define STALL_MOST_NS  3e5L
#define CPUS_MOST      32u
#define WANDER_MOST    1000u /* no faster: else a rate that Linux measured at its start does not hold */
#define LEAST_RATE_PPB 10u   /* as the verdict counts it (docs/verdict.md) */

/* Which fault it is for the world; and whether it is one of the small steps. */
static const struct {
    enum fault what;
    bool step;
    long double apart_ppm;
} kinds[WATCHED_KINDS] = {
    [WATCHED_CPU_STOPS] = {FAULT_CPU_STOPS, false, 0},
    [WATCHED_MACHINE_STOPS] = {FAULT_MACHINE_STOPS, false, 0},
    [WATCHED_TSC_STEP_AHEAD] = {FAULT_TSC_AHEAD, true, 0},
    [WATCHED_TSC_STEP_BACK] = {FAULT_TSC_BACK_LITTLE, true, 0},
    [WATCHED_TSC_AHEAD] = {FAULT_TSC_AHEAD, false, 0},
    [WATCHED_TSC_BACK] = {FAULT_TSC_BACK_LITTLE, false, 0},
    [WATCHED_TSC_BACK_FAR] = {FAULT_TSC_BACK_FAR, false, 0},
    [WATCHED_TSC_FREEZES] = {FAULT_TSC_FREEZES, false, 0},
    [WATCHED_RATES] = {FAULT_NONE, false, 1},
    [WATCHED_RATES_MUCH] = {FAULT_NONE, false, 200},
    [WATCHED_ALL_STEP_AHEAD] = {FAULT_ALL_TSC_AHEAD, true, 0},
    [WATCHED_ALL_STEP_BACK] = {FAULT_ALL_TSC_BACK, true, 0},
    [WATCHED_ALL_AHEAD] = {FAULT_ALL_TSC_AHEAD, false, 0},
    [WATCHED_ALL_BACK] = {FAULT_ALL_TSC_BACK, false, 0},
    [WATCHED_TIMER_STEP_AHEAD] = {FAULT_REFERENCE_AHEAD, true, 0},
    [WATCHED_TIMER_STEP_BACK] = {FAULT_REFERENCE_BACK, true, 0},
    [WATCHED_TIMER_AHEAD] = {FAULT_REFERENCE_AHEAD, false, 0},
    [WATCHED_TIMER_BACK] = {FAULT_REFERENCE_BACK, false, 0},
    [WATCHED_TIMER_FREEZES] = {FAULT_REFERENCE_FREEZES, false, 0},
    [WATCHED_TIMER_RATE] = {FAULT_REFERENCE_RATE, false, 0},
    [WATCHED_TIMER_LIES] = {FAULT_REFERENCE_LIES, false, 0},
    [WATCHED_TIMER_DEAD] = {FAULT_REFERENCE_DEAD, false, 0},
};

/* Linux does without a PIT: it takes 24 bits of PM timer there. */
struct scene watched_machine(uint64_t seed)
{
    struct scene m = draw_machine(seed);
    enum watched kind = (enum watched)(seed % WATCHED_KINDS);
    long double apart_ppm = kinds[kind].apart_ppm;

    m.name = "a machine watched";
    m.watched = kind + 1;
    if (m.ref.bits == 16)
        m.ref = (struct counter){88000, 315, 24};
    m.cpus = m.cpus < 2 ? 2 : m.cpus > CPUS_MOST ? CPUS_MOST : m.cpus;
    m.own_crystals = m.level = apart_ppm > 0;
    m.apart_ppm = m.own_crystals ? log_between(apart_ppm / 200, apart_ppm) : 0;
    m.unmeasured = false;
    m.mode = CLOCKMODE_AUTO;
    m.wander = m.level ? 1 : m.wander > WANDER_MOST ? WANDER_MOST : m.wander;
    m.late_ns = smaller(m.late_ns, LATE_MOST_NS);
    m.stall_ns = smaller(m.stall_ns, STALL_MOST_NS);
    m.read_gap_ns = 2e7L;
    m.fault_gap_ns = NEVER;
    m.length_ns = EARLIEST_NS + EARLIEST_SPAN + AFTER_NS + 2 * m.cpus * ROUND_NS;
    return m;
}

/* ---- The clocks, as the watchdogs have them ---- */

static struct {
    struct random luck; /* of its own: the run is the same without watchdogs */
    struct rival *watchdog[WATCHERS];
    long double due_ns, struck_ns, told_ns;
    unsigned disruptions; /* told before */
    bool early;           /* ... though nothing had happened */
} the;

static uint64_t now_ns(void *self)
{
    (void)self;
    return (uint64_t)world.now_ns;
}

static uint64_t tsc(void *self, unsigned cpu)
{
    (void)self;
    return tsc_of(cpu);
}

/* A dead timer's bits are all ones, as those of any device that does not answer. */
static uint64_t count(void *self)
{
    uint64_t counted = true_count();

    (void)self;
    if (world.now_ns < world.ref.dead_until)
        return low_bits(UINT64_MAX);
    if (world.now_ns < world.ref.lies_until)
        counted += random_next(&the.luck) % (1ull << 46);
    return low_bits(counted);
}

static uint64_t within(uint64_t least, uint64_t most)
{
    return least + random_next(&the.luck) % (most - least);
}

/* As beside.c has them, and for the same reasons. */
static uint64_t delay_ns(void *self, enum rival_delay what, unsigned cpu)
{
    uint64_t late = random_next(&the.luck) % 50 ? 0 : within(0, (uint64_t)world.m.late_ns + 1);
    uint64_t stall = random_next(&the.luck) % 500 ? 0 : within(0, (uint64_t)world.m.stall_ns + 1);

    (void)self;
    (void)cpu;
    switch (what) {
    case RIVAL_DELAY_TIMER: return within(1000, 20000) + late;
    case RIVAL_DELAY_IPI: return within(1000, 5000) + stall;
    case RIVAL_DELAY_READ: return within(20, 150) + stall;
    case RIVAL_DELAY_RELEASE: return within(50, 300) + stall;
    default: return within(1000, 20000) + stall;
    }
}

void watched_begin(void)
{
    static struct rival_world shown;

    for (unsigned i = WATCHER_OLD; i < WATCHERS; i++) {
        rival_free(the.watchdog[i]);
        the.watchdog[i] = NULL;
    }
    if (!world.m.watched)
        return;
    shown = (struct rival_world){.now_ns = now_ns,
                                 .tsc = tsc,
                                 .count = count,
                                 .delay_ns = delay_ns,
                                 .ref_num = world.m.ref.num,
                                 .ref_den = world.m.ref.den,
                                 .ref_bits = world.m.ref.bits};
    the.luck.state = world.m.seed ^ 0x7761746368646f67ull;
    the.due_ns = world.m.level ? 0 : EARLIEST_NS + within(0, (uint64_t)EARLIEST_SPAN);
    the.struck_ns = the.told_ns = NEVER;
    the.early = false;
    the.watchdog[WATCHER_OLD] = rival_new(&rival_watchdog_old, &shown, world.m.cpus);
    the.watchdog[WATCHER_NEW] = rival_new(&rival_watchdog_new, &shown, world.m.cpus);
}

/* Returns the one with the next event; crystals are asked in the order of time. */
static struct rival *first(uint64_t *at_ns, unsigned *cpu)
{
    uint64_t old_ns = rival_next_ns(the.watchdog[WATCHER_OLD], cpu);
    uint64_t new_ns = rival_next_ns(the.watchdog[WATCHER_NEW], cpu);
    struct rival *r = the.watchdog[old_ns <= new_ns ? WATCHER_OLD : WATCHER_NEW];

    *at_ns = rival_next_ns(r, cpu);
    return r;
}

void watched_until(long double ns)
{
    long double was_ns = world.now_ns;
    uint64_t at_ns;
    unsigned cpu;
    struct rival *r;

    if (!the.watchdog[WATCHER_OLD])
        return;
    while (r = first(&at_ns, &cpu), at_ns <= (uint64_t)ns) {
        if (world.cpus[cpu].asleep_until > (long double)at_ns) {
            rival_postpone(r, cpu, (uint64_t)world.cpus[cpu].asleep_until + 1);
            continue;
        }
        world.now_ns = larger(world.now_ns, (long double)at_ns);
        rival_event(r, cpu);
    }
    world.now_ns = was_ns;
}

/* ---- The fault, and who saw it ---- */

static void strike(void)
{
    enum watched kind = (enum watched)(world.m.watched - 1);

    the.struck_ns = world.now_ns;
    the.disruptions = world.disruptions;
    the.early = world.disruptions > 0;
    if (kinds[kind].what != FAULT_NONE)
        fault_draw_one(kinds[kind].what, (unsigned)below(world.m.cpus), kinds[kind].step);
}

/* As the verdict has it: provably not the boot CPU's rate. */
static bool drift_shown(void)
{
    struct keeper_cpu seen;
    uint64_t ppb;

    for (unsigned i = 1; i < world.m.cpus; i++) {
        if (!keeper_cpu_view(i, &seen) || seen.rate_bound_ppb == UINT64_MAX)
            continue;
        ppb = (uint64_t)(seen.rate_ppb < 0 ? -seen.rate_ppb : seen.rate_ppb);
        if (ppb > seen.rate_bound_ppb && ppb > LEAST_RATE_PPB)
            return true;
    }
    return false;
}

void watched_tick(void)
{
    if (!the.watchdog[WATCHER_OLD])
        return;
    if (the.struck_ns >= NEVER && world.now_ns >= the.due_ns)
        strike();
    if (the.struck_ns < NEVER && the.told_ns >= NEVER &&
        (world.disruptions > the.disruptions || (world.m.level && drift_shown())))
        the.told_ns = world.now_ns;
}

static long double seen_ns(enum watcher who)
{
    uint64_t at_ns;

    if (who == WATCHER_OURS)
        return the.told_ns;
    return watchdog_alarm(the.watchdog[who], &at_ns) == WATCHDOG_QUIET ? NEVER : (long double)at_ns;
}

/* Who spoke before the fault has not seen it. */
static bool count_one(enum watcher who, unsigned kind)
{
    long double ns = seen_ns(who);

    if (who == WATCHER_OURS ? the.early : ns < the.struck_ns - 1) {
        tally.watched_early[who]++;
        return false;
    }
    if (ns >= NEVER)
        return false;
    tally.watched_seen[who * WATCHED_KINDS + kind]++;
    tally.watched_ms[who * WATCHED_KINDS + kind] += (uint64_t)roundl((ns - the.struck_ns) / 1e6L);
    return true;
}

void watched_end(void)
{
    unsigned kind = world.m.watched - 1;
    bool ours;

    if (!the.watchdog[WATCHER_OLD])
        return;
    tally.watched[kind]++;
    ours = count_one(WATCHER_OURS, kind);
    for (unsigned i = WATCHER_OLD; i < WATCHERS; i++) {
        bool theirs = count_one((enum watcher)i, kind);

        tally.watched_alone[i * WATCHED_KINDS + kind] += theirs && !ours;
        tally.watched_missed[i * WATCHED_KINDS + kind] += ours && !theirs;
    }
}
