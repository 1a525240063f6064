/*
 * What the keeper tells people and programs: log lines, among them @cpu, @clock and @disruption
 * (docs/lines.md).
 */
#include "keeper/announce.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/latch.h"
#include "keeper/lost_rule.h"
#include "keeper/publisher.h"
#include "keeper/time_base.h"
#include "keeper/watch.h"
#include "keeper/witness.h"
#include "log/format.h"
#include "log/log.h"
#include "time/fixed.h"

/* An unknown bound reads "unknown", not as a huge number. */
static void bound_words(const struct bound *bound, char *out, size_t size)
{
    if (bound->ns == UINT64_MAX)
        format(out, size, "err_ns=unknown err_ppb=unknown");
    else
        format(out, size, "err_ns=%lu err_ppb=%u", bound->ns, bound->ppb);
}

static int64_t ticks_to_ns(int64_t ticks)
{
    uint64_t ns = scale_reader_ns(keeper.nominal, (uint64_t)abs_i64(ticks));

    return ticks < 0 ? -(int64_t)ns : (int64_t)ns;
}

#define PLACE 12u
static const char *place_word(char out[PLACE], const struct cpu_place *place, uint32_t number)
{
    format(out, PLACE, place->from ? "%u" : "unknown", number);
    return out;
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
    int64_t hz_ppb = ppb_from_q32_away(rate.hi - middle + 1);
    const struct cpu_place *place = &cpu_by_id(cpu)->facts.place;
    char socket[PLACE], die[PLACE], core[PLACE], thread[PLACE];

    log_print("%c CPU%u apic %u  %lu.%03lu MHz +/- %ld.%03ld ppm (%s)  offset %+ld ns +/- %ld\n",
              cpu ? ' ' : '*', cpu, cpu_by_id(cpu)->apic_id, hz / 1000000, hz / 1000 % 1000, hz_ppb / 1000,
              hz_ppb % 1000, keeper.tie.reference->name, offset, half);
    if (clock->look.adjust)
        log_print("  CPU%u: its IA32_TSC_ADJUST is %ld, not 0: its TSC was written to\n", cpu,
                  clock->look.adjust);
    log_print("@cpu id=%u apic=%u state=online hz=%lu hz_ppb=%ld offset_ns=%ld offset_bound_ns=%ld "
              "source=%s tsc_adjust=%ld socket=%s die=%s core=%s thread=%s\n",
              cpu, cpu_by_id(cpu)->apic_id, hz, hz_ppb, offset, half, keeper.tie.reference->name,
              clock->look.adjust, place_word(socket, place, place->socket),
              place_word(die, place, place->die), place_word(core, place, place->core),
              place_word(thread, place, place->thread));
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
        log_print("apic: alarms by its counter, %lu.%03lu MHz\n", keeper.lapic_hz / 1000000,
                  keeper.lapic_hz / 1000 % 1000);
}

static const char *origin_word(uint8_t origin)
{
    return origin == MERIDIAN_ORIGIN_FIXED     ? "fixed"
           : origin == MERIDIAN_ORIGIN_LEARNED ? "learned"
                                               : "start";
}

/* What every bound rests on, and what no look can see whatever the world does. */
static void announce_assumed(const struct meridian_assumed *assumed)
{
    log_print(
        "clock: assumed: TSC rates within %u ppm of the first measurement, changing by at most %u ppb a "
        "second, and %u ns of noise; both are learned as it runs\n",
        ESTIMATE_RATE_LIMIT_PPB / 1000, assumed->wander_ppb_s, assumed->phase_ns);
    log_print("@assumed wander_ppb_s=%u wander=%s phase_ns=%u phase=%s most_wander_ppb_s=%u look_ns=%lu "
              "excursion_ns=%lu breaches=%lu\n",
              assumed->wander_ppb_s, origin_word(assumed->wander_origin), assumed->phase_ns,
              origin_word(assumed->phase_origin), assumed->most_wander_ppb_s, assumed->resolution_ns,
              assumed->excursion_ns, assumed->breaches);
}

/* T2's resolution, in unified mode: no meeting has shown less. */
static void resolution_words(char *out, size_t size)
{
    int64_t ns = ticks_to_ns(keeper.resolution);

    if (clock_mode_now() != CLOCK_UNIFIED) {
        format(out, size, "unknown");
        return;
    }
    format(out, size, "%ld", ns);
    log_print("clock: CPUs have met, and would have seen a TSC that is off by more than %ld ns%s\n", ns,
              keeper.resolution > align_resolution_ticks(keeper.nominal)
                  ? "; the host was too busy to run two CPUs at the same moment"
                  : "");
}

void announce_clock(const char *why, uint64_t step_ns)
{
    const struct published *data = published_for(cpu_id());
    const struct meridian_assumed *assumed = keeper_assumed();
    char bound[64], resolution[24];

    bound_words(&data->bound, bound, sizeof bound);
    log_print("clock: %s mode, %s\n", clock_mode_now() == CLOCK_UNIFIED ? "unified" : "per-CPU", why);
    resolution_words(resolution, sizeof resolution);
    if (!keeper.discipline)
        log_print("clock: discipline is off: S keeps the rate measured at the start, as in 2005\n");
    announce_assumed(assumed);
    log_print("@clock source=%s mode=%s hz=%lu %s tolerance_ppb=%u wander_ppb_s=%u phase_ns=%u slip_ns=%u "
              "discipline=%s step_ns=%lu resolution_ns=%s\n",
              keeper.tie.reference->name, mode_name(), data->hz, bound,
              clock_of(cpu_id())->own.timeline.tolerance_ppb, assumed->wander_ppb_s, assumed->phase_ns,
              keeper.crystal.slip_ns, keeper.discipline ? "on" : "off", step_ns, resolution);
}

/* T8: one window for all CPUs, however many there are. */
void announce_window(const struct window *window)
{
    const struct bracket *first = &window->bracket[0], *last = &window->bracket[window->count - 1];
    uint64_t ns = scale_reader_ns(keeper.nominal, last->tsc_hi - first->tsc_lo);

    log_print("@window source=%s ns=%lu readings=%u cpus=%u\n", keeper.tie.reference->name, ns, window->count,
              keeper.cpus);
}

/* And what it took to align them: T8 (docs/promises.md) allows the star 20 us a CPU. */
void announce_exchange(const struct exchange_cost *cost)
{
    log_print("@exchange cpus=%u star_ns=%lu worst_ns=%lu meetings=%u pairs_ns=%lu meeting_worst_ns=%lu\n",
              keeper.cpus, scale_reader_ns(keeper.nominal, cost->star),
              scale_reader_ns(keeper.nominal, cost->star_worst), cost->meetings,
              scale_reader_ns(keeper.nominal, cost->pairs),
              scale_reader_ns(keeper.nominal, cost->pair_worst));
}

void announce_stopped(unsigned cpu)
{
    log_print("CPU %u has stopped: not seen for %llu ms; the others go on without it\n", cpu,
              STOPPED_PERIODS * PERIOD_NS / 1000000);
    log_print("@stopped cpu=%u at_ns=%lu\n", cpu, keeper_now_ns());
}

void announce_lost(unsigned cpu)
{
    log_print("CPU %u is lost: it held the keeper's lock and did not answer for %u ms; %s\n", cpu,
              LOST_ANSWER_NS / 1000000,
              cpu == 0 ? "it is the boot CPU: an NMI halts it if it comes back"
                       : "it was given INIT and never runs again");
    log_print("@lost cpu=%u at_ns=%lu\n", cpu, keeper_now_ns());
}

void announce_returned(unsigned cpu)
{
    log_print("CPU %u runs again\n", cpu);
    log_print("@returned cpu=%u at_ns=%lu\n", cpu, keeper_now_ns());
}

/*
 * If R is ahead, the TSC was set back or stood still, or the reference leapt. If R is behind, it is the other
 * way round. From inside they look alike (docs/clock.md).
 */
static void name_disruption(const char *source, const char *why, int64_t off_ns, char *out, size_t size)
{
    if (why)
        format(out, size, "%s", why);
    else if (off_ns > 0)
        format(out, size, "tsc-slow-or-%s-ahead", source);
    else
        format(out, size, "tsc-ahead-or-%s-slow", source);
}

void announce_disruption(unsigned cpu, int64_t off_ns, const char *why)
{
    const char *source = witness_opponent(cpu);
    char what[48];

    name_disruption(source, why, off_ns, what, sizeof what);
    log_print("clock: TSC of CPU %u and %s disagree by %+ld ns; the bound is unknown until they are tied "
              "together again\n",
              cpu, source, off_ns);
    witness_tell_cause(cpu);
    log_print("@disruption cpu=%u what=%s off_ns=%ld at_ns=%lu\n", cpu, what, off_ns, keeper.broken.at_ns);
}

void announce_breach(unsigned cpu, uint64_t n, const struct meridian_breach *breach)
{
    log_print("clock: for %lu ms the bound was exceeded, by %lu to %lu ns: more is assumed from now on\n",
              (breach->to_ns - breach->from_ns) / 1000000, breach->at_least_ns, breach->at_most_ns);
    log_print("@breach n=%lu cpu=%u from_ns=%lu to_ns=%lu at_least_ns=%lu at_most_ns=%lu told_ns=%lu\n", n,
              cpu, breach->from_ns, breach->to_ns, breach->at_least_ns, breach->at_most_ns, keeper_now_ns());
}

void announce_learned(unsigned cpu, const struct learned *learned)
{
    log_print("@learned cpu=%u wander_ppb_s=%u phase_ns=%u at_ns=%lu\n", cpu, learned->wander_ppb_s,
              learned->phase_ns, keeper_now_ns());
}

void announce_established(uint64_t delay_ns)
{
    const struct published *data = published_for(cpu_id());

    log_print("@established cpu=%u delay_ns=%lu err_ns=%lu disruptions=%u\n", cpu_id(), delay_ns,
              data->bound.ns, data->disruptions);
}

void announce_rate(unsigned cpu, uint64_t was_hz, uint64_t hz)
{
    int64_t ppm = ((int64_t)hz - (int64_t)was_hz) * 1000 / ((int64_t)was_hz / 1000);

    log_print(
        "clock: the TSC of CPU %u runs at another rate by the %s, %+ld ppm: the machine was moved, or the "
        "%s counts wrong; the new rate is taken\n",
        cpu, keeper.tie.reference->name, ppm, keeper.tie.reference->name);
    log_print("@rate cpu=%u was_hz=%lu hz=%lu ppm=%ld at_ns=%lu\n", cpu, was_hz, hz, ppm, keeper_now_ns());
}

void announce_adjust(unsigned cpu, uint64_t before)
{
    log_print("CPU %u: somebody changed IA32_TSC_ADJUST from %ld to %ld\n", cpu, before,
              clock_of(cpu)->look.adjust);
}
