/*
 * Xen 4.17's two methods (xen/arch/x86/time.c). Common to both: the boot CPU's TSC against the platform
 * timer for 50 ms (calibrate_tsc), that rate for all CPUs at first (init_percpu_time), and once a second a
 * rendezvous of all CPUs in interrupts (time_calibration_std_rendezvous), after which each CPU writes its
 * guest's record (local_time_calibration, __update_vcpu_system_time).
 *
 * - stepped, where the TSC is not called constant: at the rendezvous CPU 0 reads the platform timer, then
 *   releases the others, and each takes its TSC when it gets to it. What passes in between counts as that
 *   CPU's clock being ahead, so each comes to rest behind the master by just that, and noise in it becomes
 *   rate.
 * - boot rate kept: each CPU's stamp is what its own clock says. (Where such TSCs were not in step at boot,
 *   Xen also writes them; the system time of a CPU goes on as before, so that is left out here.)
 *
 * And stepped with guests that raise what they read to the last value that any of their VCPUs has read, as
 * Linux does with a record that is not marked stable (arch/x86/kernel/pvclock.c).
 *
 * Kinder than the source: a pair of count and TSC at boot is the best of four tries without a search for
 * it.
 */
#include "rival_xen.h"

#define EPOCH_NS         SECOND_NS
#define BOOT_WINDOW_NS   50000000ull
#define BETWEEN_CPUS_NS  10000000ull /* from one CPU's start to the next one's */
#define FIRST_MEETING_NS 50000000ull
#define BOOT_TRIES       4

enum what {
    BOOT_COUNT, /* of the boot window: the count, then the TSC beside it; begin and end */
    BOOT_TSC,
    END_COUNT,
    END_TSC,
    UP_COUNT, /* a further CPU starts */
    UP_TSC,
    MEET, /* CPU 0 calls all */
    ARRIVE,
    MASTER, /* all are there */
    STAMP,
    SETTLE, /* local_time_calibration */
};

struct xen {
    bool constant;
    uint64_t last_ns; /* that any guest of the clamping kind has read */
    uint64_t begin_tsc, begin_count, end_count, first_tsc;
    /* The platform timer as system time. */
    uint64_t platform_count, platform_ns;
    struct rival_scale platform_scale;
    /* A rendezvous. */
    unsigned arrived, stamped;
    uint64_t master_ns;
    struct xen_stamp seen[RIVAL_CPUS];
    struct xen_line line[RIVAL_CPUS];
    uint64_t up_ns[RIVAL_CPUS]; /* platform's time as a starting CPU found it */
};

static struct xen *xen_of(const struct rival *r)
{
    return r->state;
}

const struct xen_line *rival_xen_line(const struct rival *r, unsigned cpu)
{
    return &xen_of(r)->line[cpu];
}

static uint64_t line_ns(const struct xen_line *line, uint64_t tsc)
{
    return line->stamp.local_ns + rival_scaled(line->scale, tsc - line->stamp.tsc);
}

static uint64_t platform_ns(struct rival *r)
{
    struct xen *x = xen_of(r);

    return x->platform_ns + rival_scaled(x->platform_scale, rival_count(r) - x->platform_count);
}

static uint64_t best_delay(struct rival *r)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < BOOT_TRIES; i++) {
        uint64_t ns = rival_delay(r, RIVAL_DELAY_READ, 0);
        best = ns < best ? ns : best;
    }
    return best;
}

/* ---- The boot CPU's 50 ms ---- */

static void start(struct rival *r)
{
    struct xen *x = xen_of(r);

    x->first_tsc = rival_tsc(r, 0);
    rival_after(r, 0, 0, BOOT_COUNT);
}

static void start_constant(struct rival *r)
{
    xen_of(r)->constant = true;
    start(r);
}

static void end_of_window(struct rival *r)
{
    struct xen *x = xen_of(r);
    uint64_t target = rival_count_hz(r) / (SECOND_NS / BOOT_WINDOW_NS);
    uint64_t actual = x->end_count - x->begin_count, elapsed = rival_tsc(r, 0) - x->begin_tsc;

    if (actual > target)
        elapsed = rival_muldiv(elapsed, target, actual);
    x->line[0].scale = rival_scale_of(elapsed * (SECOND_NS / BOOT_WINDOW_NS));
    x->line[0].stamp = (struct xen_stamp){x->first_tsc, 0, 0};
    x->platform_scale = rival_scale_of(rival_count_hz(r));
    x->platform_ns = line_ns(&x->line[0], rival_tsc(r, 0));
    x->platform_count = rival_count(r);
    rival_after(r, 0, 0, UP_COUNT);
}

/* ---- A CPU starts: the platform's time, then its TSC ---- */

static void call_next_cpu(struct rival *r, unsigned cpu)
{
    if (cpu + 1 < r->cpus)
        rival_after(r, cpu + 1, BETWEEN_CPUS_NS, UP_COUNT);
    else
        rival_after(r, 0, FIRST_MEETING_NS, MEET);
}

static void is_up(struct rival *r, unsigned cpu)
{
    struct xen *x = xen_of(r);
    uint64_t tsc = rival_tsc(r, cpu), local_ns = x->up_ns[cpu];

    /* With a rate that is kept, a CPU goes by CPU 0's clock (ap_bringup_ref), not by the platform timer. */
    if (x->constant)
        local_ns = line_ns(&x->line[0], rival_tsc(r, 0));
    x->line[cpu].scale = x->line[0].scale;
    x->line[cpu].stamp = (struct xen_stamp){tsc, local_ns, x->up_ns[cpu]};
    r->ready[cpu] = true;
    call_next_cpu(r, cpu);
}

/* ---- The rendezvous ---- */

static void meet(struct rival *r)
{
    struct xen *x = xen_of(r);

    x->arrived = x->stamped = 0;
    for (unsigned cpu = 0; cpu < r->cpus; cpu++)
        rival_after(r, cpu, rival_delay(r, RIVAL_DELAY_IPI, cpu), ARRIVE);
}

static void arrive(struct rival *r)
{
    if (++xen_of(r)->arrived == r->cpus)
        rival_after(r, 0, 0, MASTER);
}

/* CPU 0 reads the platform timer (if the rate is kept: need not), and lets all go on. */
static void release(struct rival *r)
{
    struct xen *x = xen_of(r);
    uint64_t read_ns = 0;

    if (!x->constant) {
        x->master_ns = platform_ns(r);
        read_ns = rival_delay(r, RIVAL_DELAY_READ, 0);
    }
    rival_after(r, 0, read_ns, STAMP);
    for (unsigned cpu = 1; cpu < r->cpus; cpu++)
        rival_after(r, cpu, read_ns + rival_delay(r, RIVAL_DELAY_RELEASE, cpu), STAMP);
}

static void stamp(struct rival *r, unsigned cpu)
{
    struct xen *x = xen_of(r);
    uint64_t tsc = rival_tsc(r, cpu);

    x->seen[cpu] = (struct xen_stamp){tsc, line_ns(&x->line[cpu], tsc), x->master_ns};
    x->stamped++;
    if (cpu != 0)
        rival_after(r, cpu, rival_delay(r, RIVAL_DELAY_SOFTIRQ, cpu), SETTLE);
    if (x->stamped == r->cpus) /* CPU 0 waits for the last, then goes on itself */
        rival_after(r, 0, rival_delay(r, RIVAL_DELAY_SOFTIRQ, 0), SETTLE);
}

/* A 32-bit fraction of two rates; and how much slower a clock is to go that is ahead by so much. */
static struct rival_scale measured_scale(uint64_t master_ns, uint64_t ticks, uint64_t ahead_ns)
{
    struct rival_scale s = {0, 0};

    for (; master_ns > INT32_MAX; master_ns >>= 1)
        ticks >>= 1;
    ticks += ticks == 0; /* a TSC that stood still: the source's loop would not end */
    for (; ticks > 2 * master_ns; ticks >>= 1)
        s.shift--;
    for (; ticks <= master_ns; ticks <<= 1)
        s.shift++;
    s.mul = (uint32_t)((master_ns << 32) / ticks);
    if (ahead_ns) {
        uint64_t slower = (EPOCH_NS << 32) / (EPOCH_NS + (ahead_ns < EPOCH_NS ? ahead_ns : EPOCH_NS));
        s.mul = (uint32_t)(s.mul * slower >> 32);
    }
    return s;
}

bool rival_xen_next_line(struct xen_line *line, const struct xen_stamp *seen)
{
    struct xen_stamp next = *seen;
    uint64_t gone_ns = next.master_ns - line->stamp.master_ns, ticks = next.tsc - line->stamp.tsc;

    if ((int64_t)(next.local_ns - next.master_ns) < 0)
        next.local_ns = next.master_ns;
    if ((int64_t)gone_ns < (int64_t)(EPOCH_NS / 2))
        return false;
    line->scale = measured_scale(gone_ns, ticks, next.local_ns - next.master_ns);
    line->stamp = next;
    return true;
}

static void settle(struct rival *r, unsigned cpu)
{
    struct xen *x = xen_of(r);

    if (x->constant)
        x->line[cpu].stamp = x->seen[cpu];
    else
        rival_xen_next_line(&x->line[cpu], &x->seen[cpu]);
    if (cpu == 0)
        rival_after(r, 0, EPOCH_NS + rival_delay(r, RIVAL_DELAY_TIMER, 0), MEET);
}

static void event(struct rival *r, unsigned cpu)
{
    struct xen *x = xen_of(r);

    switch ((enum what)r->what[cpu]) {
    case BOOT_COUNT:
        x->begin_count = rival_count(r);
        rival_after(r, cpu, best_delay(r), BOOT_TSC);
        break;
    case BOOT_TSC:
        x->begin_tsc = rival_tsc(r, cpu);
        rival_after(r, cpu, BOOT_WINDOW_NS, END_COUNT);
        break;
    case END_COUNT:
        x->end_count = rival_count(r);
        rival_after(r, cpu, best_delay(r), END_TSC);
        break;
    case END_TSC: end_of_window(r); break;
    case UP_COUNT:
        x->up_ns[cpu] = platform_ns(r);
        rival_after(r, cpu, rival_delay(r, RIVAL_DELAY_READ, cpu), UP_TSC);
        break;
    case UP_TSC: is_up(r, cpu); break;
    case MEET: meet(r); break;
    case ARRIVE: arrive(r); break;
    case MASTER: release(r); break;
    case STAMP: stamp(r, cpu); break;
    case SETTLE: settle(r, cpu); break;
    }
}

static uint64_t read(const struct rival *r, unsigned cpu)
{
    return line_ns(&xen_of(r)->line[cpu], rival_tsc(r, cpu));
}

/* A spread is read like all else: one CPU after another, though at one instant. */
static uint64_t read_clamped(const struct rival *r, unsigned cpu)
{
    struct xen *x = xen_of(r);
    uint64_t ns = read(r, cpu);

    x->last_ns = ns > x->last_ns ? ns : x->last_ns;
    return x->last_ns;
}

const struct rival_kind rival_xen_constant = {.name = "xen-constant-tsc",
                                              .bytes = sizeof(struct xen),
                                              .start = start_constant,
                                              .event = event,
                                              .read = read};
const struct rival_kind rival_xen_stepped = {
    .name = "xen-stepped", .bytes = sizeof(struct xen), .start = start, .event = event, .read = read};
const struct rival_kind rival_xen_clamped = {.name = "xen-stepped-clamp",
                                             .bytes = sizeof(struct xen),
                                             .start = start,
                                             .event = event,
                                             .read = read_clamped};
