/* What the keeper tells others of all CPUs together. */
#include "keeper/clocks.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/latch.h"
#include "keeper/publisher.h"
#include "keeper/watch.h"

/*
 * Compares S with R at one value of the TSC, both since system time began. After a disruption R is counted on
 * from where it was anchored anew. Returns 0 during the first ms.
 */
static int64_t rate_ppb(void)
{
    uint64_t tsc = rdtsc_ordered();
    const struct cpu_clock *clock = clock_of(cpu_id());
    const struct timeline *t =
        clock_mode_now() == CLOCK_UNIFIED ? &keeper.common.timeline : &clock->own.timeline;
    struct range range = outlook_at(&clock->known.outlook, tsc);
    int64_t gone_ref = range_middle(range) + t->anchor_ns - (int64_t)keeper.start_ns;
    int64_t gone = (int64_t)(latch_read(latch_in_force(), tsc) - keeper.start_ns);

    return gone_ref < 1000000 ? 0 : (gone - gone_ref) * 1000 / (gone_ref / 1000000);
}

static uint64_t misreads(void)
{
    uint64_t all = reference_misreads();

    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++)
        all += __atomic_load_n(&clock_of(cpu)->look.misreads, __ATOMIC_RELAXED);
    return all;
}

static void find_latest_look(struct keeper_summary *out)
{
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
        uint64_t late_ns = __atomic_load_n(&clock_of(cpu)->alarm.late_ns, __ATOMIC_RELAXED);

        if (late_ns <= out->late_ns)
            continue;
        out->late_ns = late_ns;
        out->late_cpu = cpu;
    }
}

static uint64_t read_ticks(const uint64_t *ticks)
{
    return __atomic_load_n(ticks, __ATOMIC_RELAXED);
}

/* CPUs with a nominal rate of their own are taken for the boot CPU's: this is told, and no more. */
static void find_cost(struct keeper_summary *out)
{
    uint64_t looks = 0, others = 0, most = 0;

    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
        const struct look_cost *cost = &clock_of(cpu)->look.cost;
        uint64_t here = read_ticks(&cost->others_most);

        looks += read_ticks(&cost->looks);
        others += read_ticks(&cost->others);
        most = here > most ? here : most;
    }
    out->others_ns = scale_reader_ns(keeper.nominal, most);
    out->others_permille = others / (looks / 1000 + 1);
}

void keeper_summary(struct keeper_summary *out)
{
    const struct published *data;

    if (!keeper.tie.reference) {
        *out = (struct keeper_summary){.source = "none",
                                       .mode = mode_name(),
                                       .percpu_asked = true,
                                       .apart = keeper.alignment == ALIGNMENT_APART,
                                       .err_ns = UINT64_MAX};
        return;
    }
    data = published_for(cpu_id());
    *out = (struct keeper_summary){
        .source = keeper.tie.reference->name,
        .mode = mode_name(),
        .percpu_asked = keeper.wanted == CLOCKMODE_PERCPU,
        .apart = clock_mode_now() == CLOCK_PERCPU &&
                 (keeper.alignment == ALIGNMENT_APART || keeper.watch.leaves > 0),
        .wander_ppb_s = keeper_assumed()->wander_ppb_s,
        .phase_ns = keeper_assumed()->phase_ns,
        .hz = data->hz,
        .err_ns = data->bound.ns,
        .err_ppb = data->bound.ppb,
        .disruptions = data->disruptions,
        .misreads = misreads(),
        .rate_ppb = rate_ppb(),
    };
    find_latest_look(out);
    find_cost(out);
}
