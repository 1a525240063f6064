/*
 * What the keeper tells people and programs: log lines, among them @cpu, @clock and @disruption
 * (docs/lines.md).
 */
#include "keeper/announce.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/latch.h"
#include "keeper/publisher.h"
#include "keeper/time_base.h"
#include "keeper/watch.h"
#include "log/format.h"
#include "log/log.h"
#include "time/fixed.h"

/* An unknown bound reads "unknown", not as a huge number. */
static void bound_words(const struct bound *bound, char *out, size_t size)
{
    if (bound->ns == UINT64_MAX)
        format(out, size, "err_ns=unknown err_ppb=unknown");
    else
        format(out, size, "err_ns=%llu err_ppb=%u", (unsigned long long)bound->ns, bound->ppb);
}

static int64_t ticks_to_ns(int64_t ticks)
{
    uint64_t ns = scale_reader_ns(keeper.nominal, (uint64_t)abs_i64(ticks));

    return ticks < 0 ? -(int64_t)ns : (int64_t)ns;
}

static void announce_cpu(unsigned cpu)
{
    const struct cpu_clock *clock = clock_of(cpu);

    if (!clock->measured) { /* there is no rate to show, and no scale to divide by */
        log_print("@cpu id=%u apic=%u state=left-out\n", cpu, cpu_by_id(cpu)->apic_id);
        return;
    }
    struct range rate = outlook_rate_at(&clock->known.outlook, clock->known.outlook.tsc);
    int64_t middle = range_middle(rate);
    uint64_t hz = scale_to_hz(scale_deviate(clock->known.outlook.nominal, middle));
    int64_t offset =
        ticks_to_ns(range_middle((struct range){clock->start.offset.lo, clock->start.offset.hi}));
    int64_t half = ticks_to_ns((clock->start.offset.hi - clock->start.offset.lo) / 2 + 1);
    long long hz_ppb = ppb_from_q32_away(rate.hi - middle + 1);

    log_print("%c CPU%u apic %u  %llu.%03llu MHz +/- %lld.%03lld ppm (%s)  offset %+lld ns +/- %lld\n",
              cpu ? ' ' : '*', cpu, cpu_by_id(cpu)->apic_id, (unsigned long long)(hz / 1000000),
              (unsigned long long)(hz / 1000 % 1000), hz_ppb / 1000, hz_ppb % 1000, keeper.reference->name,
              (long long)offset, (long long)half);
    if (clock->look.adjust)
        log_print("  CPU%u: its IA32_TSC_ADJUST is %lld, not 0: firmware has written to its TSC\n", cpu,
                  (long long)clock->look.adjust);
    log_print("@cpu id=%u apic=%u state=online hz=%llu hz_ppb=%lld offset_ns=%lld offset_bound_ns=%lld "
              "source=%s tsc_adjust=%lld\n",
              cpu, cpu_by_id(cpu)->apic_id, (unsigned long long)hz, hz_ppb, (long long)offset,
              (long long)half, keeper.reference->name, (long long)clock->look.adjust);
}

void announce_cpus(void)
{
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++)
        announce_cpu(cpu);
}

void announce_alarm(void)
{
    if (clock_of(cpu_id())->alarm.deadline)
        log_print("apic: alarms are deadlines on the TSC\n");
    else
        log_print("apic: alarms by its counter, %llu.%03llu MHz\n",
                  (unsigned long long)(keeper.lapic_hz / 1000000),
                  (unsigned long long)(keeper.lapic_hz / 1000 % 1000));
}

void announce_clock(const char *why, uint64_t step_ns)
{
    const struct published *data = published_for(cpu_id());
    char bound[64];

    bound_words(&data->bound, bound, sizeof bound);
    log_print("clock: %s mode, %s\n", clock_mode_now() == CLOCK_UNIFIED ? "unified" : "per-CPU", why);
    if (!keeper.discipline)
        log_print("clock: discipline is off: S keeps the rate measured at the start, as in 2005\n");
    log_print("clock: assumed: TSC rates within %u ppm of the first measurement, changing by at most %u ppb "
              "a second\n",
              ESTIMATE_RATE_LIMIT_PPB / 1000, keeper.crystal.wander_ppb_s);
    log_print("@clock source=%s mode=%s hz=%llu %s tolerance_ppb=%u wander_ppb_s=%u slip_ns=%u discipline=%s "
              "step_ns=%llu\n",
              keeper.reference->name, mode_name(), (unsigned long long)data->hz, bound,
              keeper.reference->tolerance_ppb, keeper.crystal.wander_ppb_s, keeper.crystal.slip_ns,
              keeper.discipline ? "on" : "off", (unsigned long long)step_ns);
}

/* T8: one window for all CPUs, however many there are. */
void announce_window(const struct window *window)
{
    const struct bracket *first = &window->bracket[0], *last = &window->bracket[window->count - 1];
    uint64_t ns = scale_reader_ns(keeper.nominal, last->tsc_hi - first->tsc_lo);

    log_print("@window source=%s ns=%llu readings=%u cpus=%u\n", keeper.reference->name,
              (unsigned long long)ns, window->count, keeper.cpus);
}

/* And what it took to align them: T8 (docs/promises.md) allows the star 20 us a CPU. */
void announce_exchange(const struct exchange_cost *cost)
{
    log_print(
        "@exchange cpus=%u star_ns=%llu worst_ns=%llu meetings=%u pairs_ns=%llu meeting_worst_ns=%llu\n",
        keeper.cpus, (unsigned long long)scale_reader_ns(keeper.nominal, cost->star),
        (unsigned long long)scale_reader_ns(keeper.nominal, cost->star_worst), cost->meetings,
        (unsigned long long)scale_reader_ns(keeper.nominal, cost->pairs),
        (unsigned long long)scale_reader_ns(keeper.nominal, cost->pair_worst));
}

void announce_stopped(unsigned cpu)
{
    log_print("CPU %u has stopped: not seen for %llu ms; the others go on without it\n", cpu,
              (unsigned long long)(STOPPED_PERIODS * PERIOD_NS / 1000000));
    log_print("@stopped cpu=%u at_ns=%llu\n", cpu, (unsigned long long)keeper_now_ns());
}

void announce_returned(unsigned cpu)
{
    log_print("CPU %u runs again\n", cpu);
    log_print("@returned cpu=%u at_ns=%llu\n", cpu, (unsigned long long)keeper_now_ns());
}

/*
 * If R is ahead, the TSC was set back or stood still, or the reference leapt. If R is behind, it is the other
 * way round. From inside they look alike (docs/clock.md).
 */
static void name_disruption(const char *why, long long off, char *out, size_t size)
{
    const char *source = keeper.reference->name;

    if (why)
        format(out, size, "%s", why);
    else if (off > 0)
        format(out, size, "tsc-slow-or-%s-ahead", source);
    else
        format(out, size, "tsc-ahead-or-%s-slow", source);
}

void announce_disruption(unsigned cpu, int64_t off_ns, const char *why)
{
    long long off = (long long)off_ns;
    char what[48];

    name_disruption(why, off, what, sizeof what);
    log_print("clock: TSC of CPU %u and %s disagree by %+lld ns; the bound is unknown until they are tied "
              "together again\n",
              cpu, keeper.reference->name, off);
    log_print("@disruption cpu=%u what=%s off_ns=%lld at_ns=%llu\n", cpu, what, off,
              (unsigned long long)keeper.broken.at_ns);
}

void announce_established(uint64_t delay_ns)
{
    const struct published *data = published_for(cpu_id());

    log_print("@established cpu=%u delay_ns=%llu err_ns=%llu disruptions=%u\n", cpu_id(),
              (unsigned long long)delay_ns, (unsigned long long)data->bound.ns, data->disruptions);
}

void announce_adjust(unsigned cpu, uint64_t before)
{
    log_print("CPU %u: somebody changed IA32_TSC_ADJUST from %lld to %lld\n", cpu, (long long)before,
              (long long)clock_of(cpu)->look.adjust);
}
