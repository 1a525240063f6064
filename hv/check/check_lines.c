#include "check/check_lines.h"

#include "cpu/percpu.h"
#include "keeper.h"
#include "log/format.h"
#include "log/log.h"

/* Returns a figure in digits; UINT64_MAX stands for one that is not known. */
static const char *figure_or_unknown(uint64_t value, char out[24])
{
    format(out, 24, value == UINT64_MAX ? "unknown" : "%lu", value);
    return out;
}

/* Returns `text` as one word: a value of an @ line has no blanks. */
static const char *one_word(const char *text, char *out, size_t size)
{
    format(out, size, "%s", *text ? text : "unknown");
    for (char *c = out; *c; c++)
        if (*c == ' ')
            *c = '_';
    return out;
}

void tell_machine(const struct figures *figures)
{
    const struct machine_names *names = figures->names;
    char vendor[MACHINE_NAME_BYTES], product[MACHINE_NAME_BYTES], firmware[MACHINE_NAME_BYTES], cpu[64];

    log_print("@machine vendor=%s product=%s firmware=%s cpu=%s cpus=%u version=%s\n",
              one_word(names->vendor, vendor, sizeof vendor),
              one_word(names->product, product, sizeof product),
              one_word(names->firmware, firmware, sizeof firmware),
              one_word(figures->cpu_name, cpu, sizeof cpu), cpu_count(), MERIDIAN_VERSION);
}

bool tell_sample(const struct figures *figures, unsigned cpu, uint32_t second)
{
    const struct keeper_cpu *seen = &figures->evidence.cpus[cpu].seen;
    char ppb[24], rate[24], offset[24], err[24];

    return log_print_line(
        "@sample n=%u cpu=%u at_ns=%lu hz=%lu hz_ppb=%s rate_ppb=%ld rate_bound_ppb=%s offset_ns=%ld "
        "offset_bound_ns=%s err_ns=%s behind=%u disruptions=%u\n",
        second, cpu, seen->at_ns, seen->hz, figure_or_unknown(seen->hz_ppb, ppb), seen->rate_ppb,
        figure_or_unknown(seen->rate_bound_ppb, rate), seen->offset_ns,
        figure_or_unknown(seen->offset_bound_ns, offset), figure_or_unknown(seen->err_ns, err), seen->behind,
        seen->disruptions);
}

static const char *state_word(enum keeper_cpu_state state)
{
    return state == KEEPER_CPU_ONLINE ? "online" : state == KEEPER_CPU_STOPPED ? "stopped" : "left-out";
}

void tell_row(const struct figures *figures, unsigned cpu)
{
    const struct keeper_cpu *seen = &figures->evidence.cpus[cpu].seen;
    const struct cpu_facts *facts = &figures->evidence.cpus[cpu].facts;
    char ppb[24], offset[24], smi[24];

    log_print("@row cpu=%u apic=%u state=%s core=%s hz=%lu hz_ppb=%s source=%s offset_ns=%ld "
              "offset_bound_ns=%s behind=%u smi=%s adjust=%ld\n",
              cpu, seen->apic_id, state_word(seen->state), core_word(facts->core), seen->hz,
              figure_or_unknown(seen->hz_ppb, ppb), figures->evidence.source, seen->offset_ns,
              figure_or_unknown(seen->offset_bound_ns, offset), seen->behind,
              figure_or_unknown(facts->smi_counted ? facts->smi : UINT64_MAX, smi), seen->adjust);
}

/* Returns UINT64_MAX where that is far beyond what it can be. */
static uint64_t ns_of_ticks(uint64_t ticks, uint64_t hz)
{
    return hz && ticks < UINT64_MAX / 1000000000u ? ticks * 1000000000u / hz : UINT64_MAX;
}

static void tell_looks(const struct figures *figures)
{
    struct keeper_summary clock;

    (void)figures;
    keeper_summary(&clock);
    log_print("@looks late_ns=%lu cpu=%u others_ns=%lu others_permille=%lu\n", clock.late_ns, clock.late_cpu,
              clock.others_ns, clock.others_permille);
}

/* As of now. */
static void tell_log(const struct figures *figures)
{
    struct log_cost cost = log_cost();
    uint64_t hz = figures->evidence.cpus[0].seen.hz;
    char print[24], slice[24];

    log_print("@log dropped=%lu waiting_most=%lu print_ns=%s slice_ns=%s\n", cost.dropped, cost.waiting_most,
              figure_or_unknown(ns_of_ticks(cost.print_ticks, hz), print),
              figure_or_unknown(ns_of_ticks(cost.slice_ticks, hz), slice));
}

static const char *crystals_word(enum crystals crystals)
{
    static const char *const word[] = {[CRYSTALS_UNKNOWN] = "unknown",
                                       [CRYSTALS_AGREE] = "agree",
                                       [CRYSTALS_RTC] = "rtc-off",
                                       [CRYSTALS_REFERENCE] = "reference-off",
                                       [CRYSTALS_EITHER] = "one-off"};

    return word[crystals];
}

static void tell_verdict(const struct figures *figures)
{
    const struct evidence *e = &figures->evidence;
    const struct verdict *verdict = &figures->verdict;
    const struct worst *worst = &verdict->worst;
    char named[24], offset[24], rate[24], smi[24], err[24], rtc[24];

    log_print(
        "@check verdict=%s linux=%s option=%s cpus=%u named=%s unseen=%u untried=%s repaired=%u watched_s=%u "
        "offset_ns=%ld offset_bound_ns=%s rate_ppb=%ld rate_bound_ppb=%s behind=%u smi=%s "
        "disruptions=%u err_ns=%s wander_ppb_s=%u phase_ns=%u mode=%s source=%s unit=%s disputed=%s "
        "rtc_ppb=%ld rtc_bound_ppb=%s crystals=%s misreads=%lu\n",
        verdict->word, verdict->linux_word, verdict->option, e->count,
        figure_or_unknown(e->named ? worst->all : UINT64_MAX, named), worst->unseen,
        e->idle_untried || worst->awake ? "deep-idle" : "none", e->repaired, e->watched_s, worst->offset_ns,
        figure_or_unknown(worst->offset_bound_ns, offset), worst->rate_ppb,
        figure_or_unknown(worst->rate_bound_ppb, rate), worst->behind, figure_or_unknown(e->smi, smi),
        e->disruptions, figure_or_unknown(worst->err_ns, err), e->wander_ppb_s, e->phase_ns,
        e->percpu ? "percpu" : "unified", e->source, e->timeless ? "ticks" : "ns",
        *e->timers.disputed ? e->timers.disputed : "none", e->crystals.rtc_ppb,
        figure_or_unknown(e->crystals.bound_ppb, rtc), crystals_word(e->crystals.crystals), e->misreads);
}

static void tell_qr(const struct figures *figures)
{
    char code[QR_MOST + 1];

    if (figures->qr_made)
        log_print("@qr text=%s\n", one_word(figures->qr_text, code, sizeof code));
}

static void tell_apart(const struct figures *figures, const char *pair, const struct apart *apart)
{
    const char *unit = figures->evidence.timeless ? "ticks" : "ns";

    if (apart->ahead == apart->behind)
        return;
    log_print("sockets: %s: CPU%u is ahead of CPU%u by %lu %s +/- %lu, the most of all\n"
              "@apart pair=%s ahead=%u behind=%u offset_ns=%lu offset_bound_ns=%lu\n",
              pair, apart->ahead, apart->behind, apart->ns, unit, apart->bound_ns, pair, apart->ahead,
              apart->behind, apart->ns, apart->bound_ns);
}

/* Only where there are several. */
static void tell_sockets(const struct figures *figures)
{
    const struct sockets *sockets = &figures->sockets;

    for (unsigned i = 0; i < sockets->count; i++)
        log_print("@socket id=%u cpus=%u worst=%u\n", sockets->of[i].number, sockets->of[i].cpus,
                  sockets->of[i].worst);
    tell_apart(figures, "within", &sockets->within);
    tell_apart(figures, "between", &sockets->between);
}

static void tell_advice(const struct figures *figures)
{
    log_print("check: %s\ncheck: %s\n", figures->verdict.means, figures->verdict.linux_advice);
}

bool tell_check(const struct figures *figures, unsigned step)
{
    static void (*const steps[])(const struct figures *figures) = {tell_verdict, tell_qr,  tell_sockets,
                                                                   tell_looks,   tell_log, tell_advice};

    if (step >= sizeof steps / sizeof *steps)
        return false;
    steps[step](figures);
    return true;
}
