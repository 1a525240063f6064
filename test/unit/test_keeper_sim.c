/* sources: hv/time/scale.c hv/time/bracket.c hv/time/estimate.c hv/time/consensus.c hv/time/line.c hv/time/timeline.c hv/time/wallclock.c hv/time/window.c hv/time/timerq.c hv/time/align.c hv/time/publish.c hv/log/format.c hv/keeper/start.c hv/keeper/tick.c hv/keeper/publisher.c hv/keeper/measure.c hv/keeper/latch.c hv/keeper/domains.c hv/keeper/alarm.c hv/keeper/report.c */
/* flags: -lm -include test/unit/sim_cpu.h */
/*
 * The keeper on machines whose truth is known (keeper_world.h): T1, T2, T3 and T5 at every read, by the
 * guest's own reader, on every CPU, at every point of the publisher where another CPU could read.
 */
#include "keeper_world.h"

static uint64_t reader_tsc(void);
#define MERIDIAN_TSC() reader_tsc()
#include "meridian/clock.h"

#define SLEW_MOST 1.0e-3L /* the slew, and what the rate may not be known by */
#define STEP_NS   10

/* A machine that promises were broken on says which, and its seed. */
#define PROMISE(kept, ...)                                                                                   \
    do {                                                                                                     \
        if (!(kept)) {                                                                                       \
            print_error("%s, seed 0x%llx, at %.9Lf s, CPU %u: ", world.name, (unsigned long long)world.seed, \
                        world.now_ns * 1e-9L, reader_cpu);                                                   \
            print_error(__VA_ARGS__);                                                                        \
            fail_msg("broken: %s", #kept);                                                                   \
        }                                                                                                    \
    } while (0)

static struct meridian_record pages[MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *const page_list[] = {pages};
static struct xen_time_record xen_records[WORLD_CPUS];
static struct time_vcpu time_vcpus[WORLD_CPUS];
static uint32_t wall[4];
static struct time_domain domain;

static unsigned reader_cpu;

/* What has been read so far. */
static struct {
    uint64_t last_ns, xen_ns, seen_at_tsc;
    long double ref;
    uint16_t disruptions;
    bool any, busy;
} cpus[WORLD_CPUS];
static uint64_t stable_ns;
static long double low_ns; /* the most that S has been for certain */
static uint64_t reads, known;
static long double worst_known_ns;
static unsigned depth;

static uint64_t reader_tsc(void)
{
    return tsc_of(reader_cpu);
}

static uint64_t where(void)
{
    return reader_cpu;
}

static const struct meridian_clock clock_here = {.pages = page_list, .where = where};

/* How far S is from the R that it is tied to; of a narrow counter that jumped, the nearest turn counts. */
static long double error_of(const struct meridian_sample *s)
{
    const struct timeline *t =
        s->flags & MERIDIAN_FLAG_TSC_STABLE ? &keeper.timeline : &keeper.clocks[reader_cpu].timeline;
    long double error = (long double)meridian_raw_ns(s) - true_ref() - t->anchor_ns;
    long double turn = ldexpl(1, (int)world.ref.bits) * world.ref.num / world.ref.den;

    return s->disruptions ? error - roundl(error / turn) * turn : error;
}

static bool jump_was_due(void)
{
    return (world.ref_jump_at > 0 && world.now_ns >= world.ref_jump_at) ||
           (world.tsc_jump_at > 0 && world.now_ns >= world.tsc_jump_at);
}

/* T3, and T2 as it is promised where no line is common: within the sum of two bounds. */
static void check_bound(const struct meridian_sample *s)
{
    uint64_t bound = meridian_bound_ns(s);
    long double error = error_of(s), ns = (long double)meridian_raw_ns(s);

    if (bound == MERIDIAN_UNKNOWN_NS || (jump_was_due() && s->disruptions == 0))
        return;
    known++;
    worst_known_ns = fmaxl(worst_known_ns, (long double)bound);
    PROMISE(fabsl(error) <= (long double)bound, "T3: off by %.3Lf ns, bound %llu, age %llu\n", error,
            (unsigned long long)bound, (unsigned long long)s->age_ns);
    PROMISE(ns + (long double)bound >= low_ns, "T2: %.3Lf ns below what was certain\n",
            low_ns - ns - (long double)bound);
    low_ns = fmaxl(low_ns, ns - (long double)bound);
}

/* What passes between cause and effect on another CPU, at least; else the TSCs were not in step. */
static long double skew_ns(void)
{
    return world.skew_ticks / world.hz * 1e9L;
}

/* T1, and T2 by the records alone in unified mode. A TSC that was set back breaks both until it is seen. */
static void check_order(const struct meridian_sample *s)
{
    uint64_t ns = meridian_raw_ns(s);
    bool stable = s->flags & MERIDIAN_FLAG_TSC_STABLE;

    PROMISE(ns >= cpus[reader_cpu].last_ns, "T1: back by %llu ns\n",
            (unsigned long long)(cpus[reader_cpu].last_ns - ns));
    if (!stable || (world.tsc_jump_at > 0 && jump_was_due()))
        return;
    PROMISE((long double)ns + skew_ns() + 1 >= (long double)stable_ns, "T2: back by %llu ns\n",
            (unsigned long long)(stable_ns - ns));
    stable_ns = ns > stable_ns ? ns : stable_ns;
}

static void check_slew(const struct meridian_sample *s)
{
    long double gone_s = (long double)(meridian_raw_ns(s) - cpus[reader_cpu].last_ns);
    long double gone = true_ref() - cpus[reader_cpu].ref;

    if (!cpus[reader_cpu].any || jump_was_due() || world.slip_ns)
        return;
    PROMISE(fabsl(gone_s - gone) <= gone * SLEW_MOST + STEP_NS + 2e9L / world.hz,
            "T5: S %.3Lf ns, R %.3Lf ns\n", gone_s, gone);
}

static void read_xen(void)
{
    struct meridian_sample s;

    if (!meridian_try(&xen_records[reader_cpu], 0, &s))
        return;
    int64_t ticks = (int64_t)(s.tsc - s.tsc_timestamp);
    uint64_t ns =
        s.system_time + (ticks > 0 ? meridian_scale((uint64_t)ticks, s.tsc_to_system_mul, s.tsc_shift) : 0);
    PROMISE(ns >= cpus[reader_cpu].xen_ns, "T1 in Xen's record: back by %llu ns\n",
            (unsigned long long)(cpus[reader_cpu].xen_ns - ns));
    cpus[reader_cpu].xen_ns = ns;
}

/* One try, as a guest at this very moment would make it. */
static void read_on(unsigned cpu)
{
    struct meridian_sample s;

    if (cpus[cpu].busy || !clock_of(cpu)->measured || stands_still(cpu) || overdue(cpu))
        return;
    reader_cpu = cpu;
    read_xen();
    if (!meridian_try_here(&clock_here, &s))
        return;
    int64_t ticks = (int64_t)(s.tsc - s.tsc_timestamp);
    s.age_ns = meridian_scale(ticks > 0 ? (uint64_t)ticks : 0, s.tsc_to_system_mul, s.tsc_shift);
    reads++;
    check_order(&s);
    check_bound(&s);
    check_slew(&s);
    cpus[cpu].last_ns = meridian_raw_ns(&s);
    cpus[cpu].ref = true_ref();
    cpus[cpu].any = true;
}

static void alarm_on(unsigned cpu)
{
    unsigned old = world.cpu;

    world.cpu = cpu;
    cpus[cpu].busy = true;
    depth++;
    world.alarm_ns[cpu] = NEVER;
    world.alarm();
    depth--;
    cpus[cpu].busy = false;
    world.cpu = old;
}

static unsigned next_alarm(void)
{
    unsigned first = 0;

    for (unsigned i = 0; i < world.cpus; i++)
        if (!cpus[i].busy && !stands_still(i) &&
            (cpus[first].busy || world.alarm_ns[i] < world.alarm_ns[first]))
            first = i;
    return first;
}

/* While one CPU is at work: others read; and where no lock is held one of them may have its own tick. */
static void others(void)
{
    unsigned cpu;

    if (below(4) == 0)
        read_on((unsigned)below(world.cpus));
    if (keeper.lock.held || depth > 1 || below(8) != 0)
        return;
    cpu = next_alarm();
    if (!cpus[cpu].busy && world.alarm_ns[cpu] <= world.now_ns)
        alarm_on(cpu);
}

/* ---- What stands in for exchange.c ---- */

bool exchange_init(unsigned cpus_)
{
    (void)cpus_;
    return true;
}

void exchange_star(const struct outlook *boot)
{
    for (unsigned cpu = 1; cpu < world.cpus; cpu++) {
        struct cpu_clock *clock = clock_of(cpu);
        uint64_t sent = rdtsc_ordered(), met, returned;

        if (world.unmeasured && cpu == world.cpus - 1)
            continue;
        spend();
        met = tsc_of(cpu);
        spend();
        returned = rdtsc_ordered();
        clock->met = (struct bracket){met, met, outlook_at(boot, sent).lo, outlook_at(boot, returned).hi};
    }
}

enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks)
{
    (void)passes;
    *extent_ticks = world.own_crystals ? 0 : world.skew_ticks;
    return world.own_crystals ? ALIGNMENT_APART : ALIGNMENT_IN_STEP;
}

void exchange_finish(void)
{
}

void exchange_serve(void)
{
}

uint32_t quirk_slip_ns(void)
{
    return world.slip_ns * 8;
}

struct cpu *cpu_by_id(unsigned id)
{
    static struct cpu cpu;

    cpu.apic_id = id;
    return &cpu;
}

/* ---- A run ---- */

static void make_crystals(void)
{
    for (unsigned i = 0; i < world.cpus; i++) {
        world.crystal[i] = (struct crystal_walk){.hz = world.hz, .dev_limit = 300e-6L};
        if (i > 0) {
            world.crystal[i].hz *= 1 + part(60e-6L) - 30e-6L;
            world.extra[i] = world.own_crystals ? (int64_t)below(1ull << 36) - (1ll << 35)
                                                : (int64_t)below(world.skew_ticks + 1);
        }
        world.alarm_ns[i] = NEVER;
    }
}

static void forget(void)
{
    free(keeper.clocks);
    memset(&keeper, 0, sizeof keeper);
    memset(pages, 0, sizeof pages);
    memset(xen_records, 0, sizeof xen_records);
    memset(cpus, 0, sizeof cpus);
    stable_ns = reads = known = 0;
    low_ns = worst_known_ns = 0;
    depth = 0;
}

static void shift_timeline(struct timeline *t, struct published *said, struct latch *latch, uint64_t ns)
{
    t->line.ns += ns;
    said->line.ns += ns;
    latch->copy[0].ns += ns;
    latch->copy[1].ns += ns;
}

/* As if the machine had run for long already: everything that is in ns of R or S moves on. */
static void shift_all(void)
{
    uint64_t ns = (uint64_t)world.ref_base_ns;

    keeper.origin -= counter_from_ns(&keeper.counter, (int64_t)ns);
    world.ref_base_ns =
        (long double)counter_ns(&keeper.counter, counter_from_ns(&keeper.counter, (int64_t)ns));
    ns = (uint64_t)world.ref_base_ns;
    shift_timeline(&keeper.timeline, &keeper.published, &keeper.latch, ns);
    for (unsigned i = 0; i < world.cpus; i++) {
        struct cpu_clock *clock = clock_of(i);

        shift_timeline(&clock->timeline, &clock->published, &clock->latch, ns);
        clock->outlook.lo_ns += (int64_t)ns;
        clock->outlook.hi_ns += (int64_t)ns;
        for (unsigned s = 0; s < clock->estimate.count; s++) {
            clock->estimate.sample[s].ref_lo_ns += (int64_t)ns;
            clock->estimate.sample[s].ref_hi_ns += (int64_t)ns;
        }
    }
}

static void add_domain(void)
{
    for (unsigned i = 0; i < world.cpus; i++)
        time_vcpus[i] = (struct time_vcpu){
            .cpu = i, .xen = (volatile struct vcpu_time_info *)&xen_records[i], .slot = &pages[i + 1]};
    domain = (struct time_domain){.vcpu_count = world.cpus,
                                  .vcpus = time_vcpus,
                                  .common = &pages[0],
                                  .wc_version = &wall[0],
                                  .wc_sec = &wall[1],
                                  .wc_nsec = &wall[2],
                                  .wc_sec_hi = &wall[3]};
    keeper_add_domain(&domain);
}

static void begin(void)
{
    struct options options = {.mode = world.mode, .wander_ppb_s = world.wander};

    make_crystals();
    keeper_start(&options, 0);
    world.origin_ns = origin_at();
    shift_all();
    for (unsigned i = 1; i < world.cpus; i++) {
        world.cpu = i;
        if (clock_of(i)->measured)
            keeper_cpu_start();
    }
    world.cpu = 0;
    add_domain();
    world.between = others;
}

static void events(void)
{
    if (world.slip_ns && below(100) == 0) {
        int64_t ticks = (int64_t)(part(world.slip_ns) * 1e-9L * world.hz);
        for (unsigned i = 0; i < world.cpus; i++)
            world.extra[i] += ticks;
    }
    if (world.leave_ns > 0 && world.now_ns >= world.leave_ns && !world.left) {
        world.left = true;
        lock_take(&keeper.lock);
        publish_leave_unified();
        lock_release(&keeper.lock, false);
    }
    if (!world.jumped && jump_was_due()) {
        world.jumped = true;
        if (world.ref_jump_at > 0)
            world.ref_extra_ns = world.ref_jump_ns;
        if (world.tsc_jump_at > 0)
            world.extra[1] += (int64_t)(world.tsc_jump_s * world.hz);
    }
}

static void run(struct world scenario)
{
    long double read_ns;

    world = scenario;
    world.r.state = world.seed;
    if (!world.tsc_base)
        world.tsc_base = 1ull << 40;
    if (!world.ref.bits)
        world.ref = (struct counter){10000000, 1000000, 64};
    forget();
    begin();
    while (world.now_ns < world.length_ns) {
        unsigned cpu = next_alarm();

        read_ns = world.now_ns + part(3e6L);
        events();
        if (world.alarm_ns[cpu] <= read_ns) {
            world.now_ns = fmaxl(world.now_ns, world.alarm_ns[cpu]);
            alarm_on(cpu);
        } else {
            world.now_ns = fmaxl(world.now_ns, read_ns);
            read_on((unsigned)below(world.cpus));
        }
    }
    PROMISE(world.disruptions == (world.jumped ? 1 : 0), "T6: %u disruptions\n", world.disruptions);
    if (world.stop_at > 0) { /* what a CPU knows of R that stopped counts no more, until it is back */
        assert_int_equal(keeper_cpu_stopped(1), stands_still(1));
        assert_int_equal(publish_gather(tsc_of(0)).count, world.cpus - stands_still(1));
    }
    /* A test in which nothing is read, or the bound mostly unknown, shows nothing. */
    assert_true(reads > 1000);
    assert_true(known > reads / 4);
}

#define S 1000000000.0L
#define PIT            \
    {                  \
        88000, 105, 16 \
    }
#define PM             \
    {                  \
        88000, 315, 24 \
    }
#define QUIET     .late_ns = 20000, .stall_ns = 3000
#define BUSY      .late_ns = 3 * S, .stall_ns = 3e6L
#define LATE_ONLY .late_ns = 3 * S
#define USUAL     .wander = 10, .hz = 3e9L, .length_ns = 30 * S
#define OWN       .own_crystals = true
#define YEAR      (3.15e7L * S)
#define JUMPS_AT  (10.1L * S)

/* Where USUAL and another initialiser give a member twice, the later one is meant. */
#pragma GCC diagnostic ignored "-Woverride-init"

static const struct world worlds[] = {
    {"in step, quiet", .cpus = 4, USUAL, QUIET, .skew_ticks = 50},
    {"in step, busy", .cpus = 4, USUAL, BUSY, .skew_ticks = 50},
    {"in step, one CPU, PIT", .cpus = 1, USUAL, BUSY, .ref = PIT, .edge = true},
    {"in step, sixteen CPUs", .cpus = 16, USUAL, BUSY, .skew_ticks = 1000, .length_ns = 15 * S},
    {"in step, PIT without edges", .cpus = 3, USUAL, BUSY, .ref = PIT},
    {"in step, PM timer", .cpus = 3, USUAL, BUSY, .ref = PM, .edge = true},
    {"in step, wild crystal", .cpus = 4, USUAL, QUIET, .wander = 100000},
    {"in step, wild and busy", .cpus = 4, USUAL, BUSY, .wander = 10000},
    {"in step, then not", .cpus = 4, USUAL, BUSY, .skew_ticks = 90, .leave_ns = 11.13L * S},
    {"in step, per-CPU by wish", .cpus = 4, USUAL, BUSY, .mode = CLOCKMODE_PERCPU},
    {"own crystals, quiet", .cpus = 4, OWN, USUAL, QUIET},
    {"own crystals, busy", .cpus = 8, OWN, USUAL, BUSY, .wander = 1000},
    {"own crystals, PIT, busy", .cpus = 4, OWN, USUAL, BUSY, .ref = PIT, .edge = true},
    {"huge TSC, a year on", .cpus = 4, USUAL, BUSY, .tsc_base = 0xfull << 60, .ref_base_ns = YEAR},
    {"PIT, a year on", .cpus = 4, OWN, USUAL, BUSY, .ref = PIT, .tsc_base = 1ull << 62, .ref_base_ns = YEAR},
    {"slow TSC", .cpus = 2, USUAL, QUIET, .hz = 3e7L},
    {"fast TSC", .cpus = 2, USUAL, QUIET, .hz = 1.55e10L},
    {"PIT, stalls beyond its turn", .cpus = 3, OWN, USUAL, LATE_ONLY, .stall_ns = 1.2e8L, .ref = PIT},
    {"PM timer, stalls of seconds", .cpus = 3, USUAL, LATE_ONLY, .stall_ns = 4e9L, .ref = PM},
    {"a TSC that slips", .cpus = 4, USUAL, QUIET, .slip_ns = 6000},
    {"a TSC that slips, PIT", .cpus = 4, USUAL, QUIET, .ref = PIT, .edge = true, .slip_ns = 6000},
    {"a CPU is left out", .cpus = 4, USUAL, QUIET, .unmeasured = true, .length_ns = 10 * S},
    {"a CPU stops", .cpus = 4, USUAL, QUIET, .skew_ticks = 50, .stop_at = 5 * S, .stop_ns = NEVER},
    {"a CPU stops, own crystals", .cpus = 4, OWN, USUAL, QUIET, .stop_at = 5 * S, .stop_ns = NEVER},
    {"a CPU stops, then the reference jumps", .cpus = 4, USUAL, QUIET, .stop_at = S, .stop_ns = NEVER,
     .ref_jump_at = 4 * S, .ref_jump_ns = 1e7L},
    {"a CPU stops, reference jumps, own crystals", .cpus = 4, OWN, USUAL, QUIET, .stop_at = S,
     .stop_ns = NEVER, .ref_jump_at = 4 * S, .ref_jump_ns = 1e7L},
    {"a CPU comes back", .cpus = 4, USUAL, QUIET, .skew_ticks = 50, .stop_at = 5 * S, .stop_ns = 9 * S},
    {"a CPU comes back, wild crystal", .cpus = 4, USUAL, QUIET, .wander = 10000, .stop_at = 5 * S,
     .stop_ns = 9 * S},
    {"a CPU comes back, PIT", .cpus = 4, OWN, USUAL, QUIET, .ref = PIT, .edge = true, .stop_at = 5 * S,
     .stop_ns = 9 * S},
    {"reference jumps", .cpus = 4, USUAL, QUIET, .ref_jump_at = JUMPS_AT, .ref_jump_ns = 1e7L},
    {"reference goes back", .cpus = 4, USUAL, BUSY, .ref_jump_at = JUMPS_AT, .ref_jump_ns = -1e6L},
    {"reference is reset", .cpus = 3, USUAL, BUSY, .ref_jump_at = JUMPS_AT, .ref_jump_ns = -11e9L},
    {"reference jumps, own crystals", .cpus = 4, OWN, USUAL, QUIET, .ref_jump_at = JUMPS_AT,
     .ref_jump_ns = 1e7L},
    {"reference leaps a year", .cpus = 3, OWN, USUAL, BUSY, .ref_jump_at = JUMPS_AT, .ref_jump_ns = YEAR},
    {"a TSC jumps 2 s", .cpus = 4, USUAL, QUIET, .tsc_jump_at = JUMPS_AT, .tsc_jump_s = 2},
    {"a TSC of its own jumps 2 s", .cpus = 4, OWN, USUAL, QUIET, .tsc_jump_at = JUMPS_AT, .tsc_jump_s = 2},
    {"a TSC jumps 2000 s", .cpus = 3, OWN, USUAL, QUIET, .tsc_jump_at = JUMPS_AT, .tsc_jump_s = 2000},
    {"a TSC jumps 60 years", .cpus = 3, OWN, USUAL, QUIET, .tsc_jump_at = JUMPS_AT, .tsc_jump_s = 2e9},
};

#define COUNT (sizeof worlds / sizeof worlds[0])
#define SEEDS 2

static uint64_t first_seed = 1, last_seed = SEEDS;

static void test_world(void **state)
{
    struct world scenario = *(const struct world *)*state;

    for (uint64_t seed = first_seed; seed <= last_seed; seed++) {
        scenario.seed = seed;
        run(scenario);
    }
}

/* With an argument: from that seed on, as many as the second says. */
int main(int argc, char **argv)
{
    struct CMUnitTest tests[COUNT];

    if (argc > 1) {
        first_seed = strtoull(argv[1], NULL, 0);
        last_seed = first_seed + (argc > 2 ? strtoull(argv[2], NULL, 0) : 1) - 1;
    }
    for (unsigned i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){worlds[i].name, test_world, NULL, NULL, (void *)&worlds[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
