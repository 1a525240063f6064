#include "check/figures.h"

#define WIDEST_NS  1000000u
#define WIDEST_PPB 100000u
#define EQUAL_PPB  1000u /* rates that are certainly no farther apart are called equal */
#define LEAST_S    3u    /* 12 looks at the reference; with four CPUs each pair has met four times */

/* The reasons stand in the order of the verdicts. */
static enum verdict_kind kind_by_reason(enum reason reason)
{
    if (reason >= REASON_ONE_CPU)
        return VERDICT_IN_STEP;
    if (reason >= REASON_ALL_LEFT)
        return VERDICT_UNKNOWN;
    if (reason >= REASON_OFFSET)
        return VERDICT_NOT_IN_STEP;
    if (reason >= REASON_PARALLEL)
        return VERDICT_IN_PARALLEL;
    if (reason >= REASON_ADJUST_CHANGED)
        return VERDICT_CHANGED;
    if (reason >= REASON_RATE)
        return VERDICT_DRIFT;
    if (reason >= REASON_STOPS)
        return VERDICT_STOPS_IN_IDLE;
    return VERDICT_UNKNOWN;
}

static bool measured(const struct cpu_evidence *cpu)
{
    return cpu->seen.state != KEEPER_CPU_LEFT_OUT;
}

static uint64_t more(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void worst_of(struct worst *worst, unsigned number, const struct keeper_cpu *cpu)
{
    worst->measured++;
    worst->stopped += cpu->state == KEEPER_CPU_STOPPED;
    worst->meetings += cpu->meetings;
    worst->behind += cpu->behind;
    worst->err_ns = more(worst->err_ns, cpu->err_ns);
    if (magnitude(cpu->offset_ns) > magnitude(worst->offset_ns)) {
        worst->offset_ns = cpu->offset_ns;
        worst->offset_cpu = number;
    }
    if (magnitude(cpu->rate_ppb) > magnitude(worst->rate_ppb)) {
        worst->rate_ppb = cpu->rate_ppb;
        worst->rate_cpu = number;
    }
    worst->offset_bound_ns = more(worst->offset_bound_ns, cpu->offset_bound_ns);
    worst->rate_bound_ppb = more(worst->rate_bound_ppb, cpu->rate_bound_ppb);
}

static void look_over(const struct evidence *e, struct worst *worst)
{
    *worst = (struct worst){.all = e->named > e->count ? e->named : e->count};
    for (unsigned i = 0; i < e->count; i++) {
        if (!measured(&e->cpus[i]))
            continue;
        worst_of(worst, i, &e->cpus[i].seen);
        if (!worst->adjust_cpu && e->cpus[i].seen.adjust != e->cpus[0].seen.adjust)
            worst->adjust_cpu = i;
        worst->awake += i && e->cpus[i].idle.result != IDLE_GOES_ON && e->cpus[i].idle.result != IDLE_STOPPED;
    }
    worst->unseen = worst->all - worst->measured + worst->stopped;
    worst->awake = e->idle_untried ? 0 : worst->awake;
}

/*
 * Returns true where a bound is unknown, or so wide that it says nothing. A CPU that has stopped is not
 * asked: what was known of it is old.
 */
static bool bound_unknown(const struct keeper_cpu *cpu)
{
    return cpu->state == KEEPER_CPU_ONLINE && (cpu->offset_bound_ns > WIDEST_NS ||
                                               cpu->rate_bound_ppb > WIDEST_PPB || cpu->err_ns == UINT64_MAX);
}

#define CRYSTAL_PPB 10 /* a good crystal's rate changes by less within a second */

/*
 * Finds the first reason that one CPU shows, and the machine with it. A rate counts if it is certainly not
 * the boot CPU's, and if it differs by more than a crystal changes within a second. What bounds assume may
 * have been learned from these very TSCs: it is not asked.
 */
static enum reason reason_of(const struct evidence *e, const struct cpu_evidence *cpu)
{
    const struct keeper_cpu *seen = &cpu->seen;

    if (cpu->idle.result == IDLE_STOPPED)
        return REASON_STOPS;
    if (magnitude(seen->rate_ppb) > seen->rate_bound_ppb && magnitude(seen->rate_ppb) > CRYSTAL_PPB)
        return REASON_RATE;
    if (seen->adjust_changed)
        return REASON_ADJUST_CHANGED;
    if (e->culprits.some_tscs)
        return REASON_DISRUPTED;
    if (magnitude(seen->offset_ns) > seen->offset_bound_ns)
        return REASON_OFFSET;
    if (seen->behind)
        return REASON_BEHIND;
    if (e->apart && !e->disruptions) /* else it may be no more than that disruption */
        return REASON_APART;
    if (e->disruptions)
        return REASON_ALL_LEFT;
    if (e->timeless)
        return REASON_NO_SOURCE;
    if (e->watched_s < LEAST_S)
        return REASON_TOO_SHORT;
    if (bound_unknown(seen))
        return REASON_BOUND_UNKNOWN;
    /* Per-CPU mode that nothing above explains: too few meetings have allowed the unified one. */
    return e->percpu && !e->percpu_asked ? REASON_FEW_MEETINGS : REASON_IN_STEP;
}

/* Finds the first of the reasons that any CPU has, and the first such CPU. */
static void find_reason(const struct evidence *e, struct verdict *v)
{
    v->cpu = 0;
    v->reason = v->worst.measured > 1 ? REASON_IN_STEP : REASON_ONE_CPU;
    if (v->worst.measured == 0)
        v->reason = REASON_NONE_MEASURED;
    else
        for (unsigned cpu = 0; cpu < e->count; cpu++) {
            enum reason reason = measured(&e->cpus[cpu]) ? reason_of(e, &e->cpus[cpu]) : REASON_IN_STEP;

            if (reason < v->reason) {
                v->reason = reason;
                v->cpu = cpu;
            }
        }
}

/*
 * Returns true if offsets stay as they are: rates are equal for all that is known, it is known well, and it
 * was watched for a while in which nothing else happened. Else an offset may be one that grows.
 */
static bool offsets_stay(const struct evidence *e, const struct worst *worst)
{
    return e->watched_s >= LEAST_S && !e->disruptions && worst->rate_bound_ppb <= EQUAL_PPB &&
           magnitude(worst->rate_ppb) + worst->rate_bound_ppb <= EQUAL_PPB;
}

void judge_tscs(const struct evidence *evidence, struct verdict *verdict)
{
    look_over(evidence, &verdict->worst);
    find_reason(evidence, verdict);
    if (verdict->reason == REASON_OFFSET && offsets_stay(evidence, &verdict->worst))
        verdict->reason = REASON_PARALLEL;
    verdict->kind = kind_by_reason(verdict->reason);
    judge_words(evidence, verdict);
}
