#include "check/figures.h"

#include "check/summary.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "log/string.h"
#include "time/fixed.h"

_Static_assert(sizeof MERIDIAN_CONTACT <= CONTACT_MOST + 1, "CONTACT= is longer than a screen has room for");

void figures_begin(struct figures *figures, const char *command_line, unsigned named)
{
    unsigned cpus = cpu_count();

    figures->evidence.count = cpus;
    figures->evidence.named = named;
    figures->evidence.cpus = memory_take_bytes(cpus * sizeof *figures->evidence.cpus, "the CPUs' figures");
    history_begin(&figures->history, cpus,
                  memory_take_bytes(cpus * sizeof(struct moment) * HISTORY_MOMENTS, "the CPUs' history"));
    figures->command_line = command_line;
    figures->names = machine_names();
    figures->cpuid = cpuid_rates();
    figures->cpu_name = cpu_brand();
    figures->contact = MERIDIAN_CONTACT;
    stolen_words(cpus, figures->stolen);
}

static void gather_cpus(struct evidence *e)
{
    e->smi = UINT64_MAX;
    for (unsigned i = 0; i < e->count; i++) {
        struct cpu_evidence *cpu = &e->cpus[i];

        keeper_cpu_view(i, &cpu->seen);
        cpu->idle = keeper_idle_trial(i);
        cpu->facts = *cpu_facts(i);
        if (cpu->seen.hz_ppb != UINT64_MAX)
            cpu->seen.hz_ppb += e->timers.off_ppb;
        if (cpu->facts.smi_counted)
            e->smi = cpu->facts.smi + (e->smi == UINT64_MAX ? 0 : e->smi);
    }
}

static void gather_evidence(struct evidence *e, uint32_t watched_s)
{
    struct keeper_summary summary;

    keeper_summary(&summary);
    e->watched_s = watched_s;
    e->source = summary.source;
    e->timeless = strcmp(summary.source, "none") == 0;
    e->cpuid_hz = cpuid_rates().leaf_15h ? cpuid_rates().leaf_15h : cpuid_rates().leaf_16h;
    e->percpu = strcmp(summary.mode, "percpu") == 0;
    e->percpu_asked = summary.percpu_asked;
    e->apart = summary.apart;
    e->disruptions = summary.disruptions;
    e->culprits = keeper_culprits(&e->culprit_cpu);
    e->timers.count = keeper_timers(e->timers.of);
    judge_timers(&e->timers);
    e->crystals = keeper_crystals();
    e->misreads = summary.misreads;
    e->idle_untried = keeper_idle_untried();
    e->wander_ppb_s = summary.wander_ppb_s;
    e->phase_ns = summary.phase_ns;
    e->repaired = keeper_repaired();
    gather_cpus(e);
    e->hypervisor = cpu_has_hypervisor();
    e->invariant = e->cpus[0].facts.invariant_tsc;
}

static void add_moment(struct figures *figures)
{
    if (!history_next(&figures->history, figures->now_ns))
        return;
    for (unsigned cpu = 0; cpu < figures->evidence.count; cpu++) {
        const struct keeper_cpu *seen = &figures->evidence.cpus[cpu].seen;

        history_add(&figures->history, cpu,
                    seen->offset_bound_ns == UINT64_MAX ? HISTORY_NOTHING : seen->offset_ns, seen->hz_ppb);
    }
}

void figures_take(struct figures *figures)
{
    uint64_t now_ns = keeper_now_ns();

    gather_evidence(&figures->evidence, (uint32_t)(now_ns / NS_PER_S));
    figures->now_ns = now_ns;
    sockets_find(&figures->evidence, &figures->sockets);
    judge_tscs(&figures->evidence, &figures->verdict);
    add_moment(figures);
}

static void make_code(struct figures *figures)
{
    const struct summary all = {
        .version = MERIDIAN_VERSION,
        .verdict = &figures->verdict,
        .timeless = figures->evidence.timeless,
        .untried = figures->evidence.idle_untried || figures->verdict.worst.awake,
        .watched_s = figures->evidence.watched_s,
        .disruptions = figures->evidence.disruptions,
        .smi = figures->evidence.smi,
        .wander_ppb_s = figures->evidence.wander_ppb_s,
        .phase_ns = figures->evidence.phase_ns,
        .mode = figures->evidence.percpu ? "percpu" : "unified",
        .source = figures->evidence.source,
        .crystals = &figures->evidence.crystals,
        .repaired = figures->evidence.repaired,
        .disputed = figures->evidence.timers.disputed,
        .vendor = figures->names->vendor,
        .product = figures->names->product,
        .firmware = figures->names->firmware,
        .cpu = figures->cpu_name,
    };

    summary_text(&all, figures->qr_text);
    figures->qr_made = qr_encode(figures->qr_text, &figures->qr);
}

void figures_end(struct figures *figures)
{
    figures_take(figures);
    make_code(figures);
    __atomic_store_n(&figures->ended, true, __ATOMIC_RELAXED); /* check_ended() asks without the lock */
}
