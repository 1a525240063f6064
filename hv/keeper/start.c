/*
 * Start-up: one reference window for all CPUs, the mode by measurement, and then system time begins.
 * keeper_start, at the end, is the story.
 */
#include "keeper/start.h"

#include "cpu/apic.h"
#include "cpu/facts.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"
#include "keeper/alarm.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/latch.h"
#include "keeper/meeting.h"
#include "keeper/publisher.h"
#include "keeper/time_base.h"
#include "log/log.h"
#include "log/panic.h"
#include "platform/rtc.h"
#include "time/fixed.h"
#include "time/window.h"

#define WINDOW_TRIES    5
#define WINDOW_READINGS 10
#define WINDOW_STEP_US  10000u /* well inside the 54.9 ms after which the PIT wraps */
#define PASSES          4u     /* "in step" is believed after four times through all pairs */

struct keeper keeper = {.lock = LOCK_INIT("keeper")};

static struct window window;

static bool window_read(void)
{
    struct reference_reading reading;

    return reference_read(keeper.tie.reference, &reading) &&
           window_add(&window, reading.count, reading.edge, reading.tsc_lo, reading.tsc_hi);
}

static bool window_fill(void)
{
    window_init(&window, &keeper.tie.counter);
    for (int i = 0; i < WINDOW_READINGS; i++) {
        if (!window_read())
            return false;
        reference_wait_us(WINDOW_STEP_US);
    }
    return window_read();
}

/*
 * A host that stalls can hide a wrap of a narrow counter. Such a window contradicts itself, and is taken
 * again.
 */
static void measure_boot_cpu(void)
{
    struct cpu_clock *boot = clock_of(0);

    for (int tries = 1; tries <= WINDOW_TRIES; tries++) {
        if (window_fill() &&
            window_close(&window, keeper.crystal, &boot->look.estimate, &boot->known.outlook)) {
            keeper.nominal = boot->look.estimate.nominal;
            keeper.tie.origin = window.origin;
            announce_window(&window);
            if (tries > 1)
                log_print("clock: %d reference windows rejected before one made sense\n", tries - 1);
            return;
        }
    }
    panic("no rate for the TSC: %d windows against the %s contradict themselves; try clocksource= another",
          WINDOW_TRIES, keeper.tie.reference->name);
}

struct rtc_reading {
    struct utc utc;
    uint64_t tsc; /* when it was that: the middle of ... */
    uint64_t tsc_lo, tsc_hi;
    bool read;
};

/* Without an RTC the wall clock starts at 1970, and says so. */
static void read_wall_clock(uint8_t century_register, struct rtc_reading *out)
{
    *out = (struct rtc_reading){.tsc = rdtsc_ordered()};
    out->read = rtc_read(century_register, &out->utc.s, &out->tsc_lo, &out->tsc_hi);
    if (out->read)
        out->tsc = out->tsc_lo + (out->tsc_hi - out->tsc_lo) / 2;
    else
        log_print("rtc: no clock that makes sense; wall time starts at 1970-01-01\n");
}

static void look_again(void)
{
    struct cpu_clock *boot = clock_of(0);
    struct bracket bracket;
    int tries = 1;
    bool lost;

    /* The last one counts, whatever it says: then all said the same, or it could not be read. */
    while (!measure(boot, &bracket, &lost) ||
           (tries < WINDOW_TRIES && !lost && outlook_gap_ns(&boot->known.outlook, &bracket) > 0)) {
        if (tries++ == WINDOW_TRIES)
            panic("the %s could not be read in %d tries", keeper.tie.reference->name, WINDOW_TRIES);
    }
    if (lost || !estimate_add(&boot->look.estimate, &bracket, &boot->known.outlook))
        panic("TSC and %s disagree already while they are measured", keeper.tie.reference->name);
}

/*
 * Counts the local APIC's timer over a piece of the window. Its precision only decides how early or late an
 * alarm comes.
 */
static void measure_lapic(void)
{
    uint64_t before = rdtsc_ordered(), ns;
    uint32_t left;

    apic_timer_set_count(UINT32_MAX);
    reference_wait_us(20000);
    left = apic_timer_count();
    ns = scale_reader_ns(keeper.nominal, rdtsc_ordered() - before);
    apic_timer_set_count(0);
    keeper.lapic_hz = (uint64_t)(UINT32_MAX - left) * 1000000ull / (ns / 1000 + 1);
    if (keeper.lapic_hz < 10000)
        panic("the local APIC's timer does not count");
}

static bool settle_on(struct cpu_clock *clock, struct tsc_scale nominal)
{
    estimate_init(&clock->look.estimate, nominal, keeper.crystal);
    estimate_add(&clock->look.estimate, &clock->start.early, &clock->known.outlook);
    return estimate_add(&clock->look.estimate, &clock->start.late, &clock->known.outlook);
}

/*
 * The two stars, at both ends of the window, give two brackets on each CPU's own TSC: its rate, and where R
 * is as the boot CPU knows it. Only a rate that cannot be the boot CPU's (beyond ESTIMATE_RATE_LIMIT_PPB)
 * gets a nominal scale of its own.
 */
static bool settle_cpu(struct cpu_clock *clock)
{
    struct tsc_scale nominal;

    if (!clock->start.early.tsc_hi || !clock->start.late.tsc_hi)
        return false;
    return settle_on(clock, keeper.nominal) ||
           (scale_from_hz(bracket_hz(&clock->start.early, &clock->start.late), &nominal) &&
            settle_on(clock, nominal));
}

static bool same_nominal(void)
{
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        struct tsc_scale nominal = clock_of(cpu)->look.estimate.nominal;

        if (clock_of(cpu)->measured &&
            (nominal.mul != keeper.nominal.mul || nominal.shift != keeper.nominal.shift))
            return false;
    }
    return true;
}

static const char *choose_mode(void)
{
    keeper.mode = CLOCK_PERCPU;
    if (keeper.wanted == CLOCKMODE_PERCPU)
        return "as the command line asks";
    if (keeper.alignment == ALIGNMENT_APART || !same_nominal() || !publish_gather(rdtsc_ordered()).agree) {
        keeper.alignment = ALIGNMENT_APART;
        return keeper.wanted == CLOCKMODE_UNIFIED
                   ? "and not unified as the command line asks: the TSCs are not in step"
                   : "the TSCs are not in step";
    }
    if (keeper.alignment == ALIGNMENT_UNKNOWN)
        return "some CPUs did not meet in time: whether the TSCs are in step is not yet known";
    if (keeper.resolution > keeper.resolution_most)
        return "some CPUs met too widely to show whether their TSCs are in step to 1 us";
    keeper.mode = CLOCK_UNIFIED;
    return keeper.cpus > 1 ? "the TSCs are in step" : "there is one TSC";
}

/* S begins at R: on every CPU by its own outlook, and on the common line by what all CPUs know. */
static void start_timelines(void)
{
    uint32_t tolerance = keeper.tie.reference->tolerance_ppb;
    uint64_t tsc = rdtsc_ordered();
    struct consensus own;

    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
        struct cpu_clock *clock = clock_of(cpu);
        const struct estimate *estimate = &clock->look.estimate;
        uint64_t begin = clock->known.outlook.tsc;

        if (!clock->measured)
            continue;
        consensus_start(&own);
        consensus_join(&own, &clock->known.outlook, begin, keeper.crystal.slip_ns);
        timeline_start(&clock->own.timeline, begin, clock->look.estimate.nominal, &own, tolerance);
        clock->own.timeline.free_running = !keeper.discipline;
        clock->look.tsc = begin;
        clock->look.ns = clock->known.outlook.lo_ns;
        clock->known.width_ns =
            (uint64_t)bracket_width_ns(&estimate->bracket[estimate->count - 1], estimate->nominal);
        publish_own(clock, cpu, begin);
    }
    if (keeper.mode == CLOCK_UNIFIED) {
        struct consensus all = publish_gather(tsc);

        timeline_start(&keeper.common.timeline, tsc, keeper.nominal, &all, tolerance);
        keeper.common.timeline.free_running = !keeper.discipline;
        publish_unified();
    }
}

/* The first star: where each other CPU's window begins. */
static void begin_window_of_others(void)
{
    exchange_star(&clock_of(0)->known.outlook);
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++)
        clock_of(cpu)->start.early = clock_of(cpu)->start.late;
}

static void end_window_of_others(void)
{
    exchange_star(&clock_of(0)->known.outlook);
    clock_of(0)->measured = true;
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        clock_of(cpu)->measured = settle_cpu(clock_of(cpu));
        if (!clock_of(cpu)->measured)
            log_print("CPU %u is left out: its TSC cannot be measured\n", cpu);
    }
}

/* The RTC was read before system time began: its moment lies back on the boot CPU's outlook. */
static void set_wall_base(const struct rtc_reading *rtc)
{
    struct range then = outlook_at(&clock_of(0)->known.outlook, rtc->tsc);

    wallclock_base(rtc->utc, (uint64_t)max_i64(0, range_middle(then)), &keeper.wall_base);
    if (rtc->read)
        witness_rtc_begin((int)(rtc->utc.s % 60), rtc->tsc_lo, rtc->tsc_hi);
}

/*
 * R under a hypervisor is its own clock, which the host may slew: by 500 ppm at most (Linux's NTP), and that
 * over a period.
 */
#define SLEW_MOST_NS (PERIOD_NS / 2000)

static void keep_assumptions(uint32_t wander_ppb_s)
{
    uint32_t most_ns = cpu_has_hypervisor() ? (uint32_t)SLEW_MOST_NS : LEARN_MOST_PHASE_NS;
    uint32_t floor_ns = keeper.tie.reference->phase_floor_ns;

    assumed_changed();
    keeper.assumptions.slew_ns = cpu_has_hypervisor() ? SLEW_MOST_NS : 0;
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++)
        learn_start(&clock_of(cpu)->look.learned, wander_ppb_s, floor_ns, most_ns);
    keeper.crystal =
        (struct crystal){.wander_ppb_s = clock_of(0)->look.learned.wander_ppb_s, .phase_ns = floor_ns};
}

static void keep_options(const struct options *options)
{
    keeper.tie.reference = reference_get(0);
    keeper.tie.counter = (struct counter){keeper.tie.reference->period_num, keeper.tie.reference->period_den,
                                          keeper.tie.reference->bits};
    keep_assumptions(options->wander_ppb_s);
    keeper.wanted = options->mode;
    keeper.discipline = options->discipline;
}

void start_make_clocks(void)
{
    keeper.cpus = cpu_count();
    keeper.clocks = memory_take_bytes(keeper.cpus * sizeof *keeper.clocks, "the CPUs' clocks");
    pairs_start(
        &keeper.watch.pairs, keeper.cpus,
        memory_take_bytes((uint64_t)keeper.cpus * keeper.cpus * sizeof(struct pair), "the pairs that met"));
    exchange_init(keeper.cpus, idle_sleep);
}

/* Once the boot CPU's TSC has a rate: whether TSCs slip on this machine, and how long a spin takes. */
static void measure_habits(void)
{
    keeper.crystal.slip_ns = slip_expected_ns();
    meeting_measure_spin();
    clock_of(0)->look.estimate.crystal = keeper.crystal;
}

static void align_all(void)
{
    int64_t extent;

    keeper.alignment = exchange_pairs(PASSES, &extent);
    announce_exchange(exchange_cost());
    idle_report();
    keeper.skew_ns = (int64_t)scale_reader_ns(keeper.nominal, (uint64_t)extent);
    keeper.resolution = extent;
    keeper.resolution_most = exchange_resolution_most_ticks();
}

static void announce_all(const char *why)
{
    announce_alarm();
    announce_cpus();
    announce_clock(why, 0);
    witness_tell_all();
}

void keeper_start(const struct options *options, uint8_t century_register)
{
    struct rtc_reading rtc;
    const char *why;

    start_make_clocks();
    keep_options(options);
    adjust_read(clock_of(0));
    idle_try(options->idle_trial);
    repair_try(options->repair == REPAIR_TRY);

    measure_boot_cpu();
    measure_habits();
    witness_start();
    begin_window_of_others();
    measure_lapic();
    read_wall_clock(century_register, &rtc);
    look_again();
    witness_start();
    end_window_of_others();
    align_all();

    why = choose_mode();
    set_wall_base(&rtc);
    start_timelines();
    keeper.start_ns = keeper_now_ns();
    alarm_init_cpu();
    announce_all(why);

    exchange_finish();
    time_base_init_cpu();
}

void keeper_cpu_start(void)
{
    exchange_serve();
    while (!clock_of(cpu_id())->measured)
        cpu_idle(); /* left out: only a panic's NMI gets through */
    alarm_init_cpu();
    time_base_init_cpu();
}
