#include "check/judge.h"

#include "check/finding.h"
#include "time/fixed.h"

#define WIDEST_NS  1000000u
#define WIDEST_PPB 100000u
#define LEAST_S    3u /* a dozen looks at the reference, and as many meetings of a pair of four CPUs */

/* The reasons' order is the judgements'. */
static enum judgement judgement_of(enum reason reason)
{
    return reason >= REASON_ONE_CPU          ? JUDGE_IN_STEP
           : reason >= REASON_TOO_SHORT      ? JUDGE_UNKNOWN
           : reason >= REASON_OFFSET         ? JUDGE_NOT_IN_STEP
           : reason >= REASON_ADJUST_CHANGED ? JUDGE_CHANGED
           : reason >= REASON_RATE           ? JUDGE_DRIFT
           : reason >= REASON_STOPS          ? JUDGE_STOPS_IN_IDLE
                                             : JUDGE_UNKNOWN;
}

static bool measured(const struct judge_cpu *cpu)
{
    return cpu->seen.state != KEEPER_CPU_LEFT_OUT;
}

static uint64_t more(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void worst_of(struct judge_worst *worst, unsigned number, const struct keeper_cpu *cpu)
{
    worst->measured++;
    worst->stopped += cpu->state == KEEPER_CPU_STOPPED;
    worst->met += cpu->met;
    worst->back += cpu->back;
    worst->err_ns = more(worst->err_ns, cpu->err_ns);
    if (abs_i64(cpu->offset_ns) > abs_i64(worst->offset_ns)) {
        worst->offset_ns = cpu->offset_ns;
        worst->offset_cpu = number;
    }
    if (abs_i64(cpu->rate_ppb) > abs_i64(worst->rate_ppb)) {
        worst->rate_ppb = cpu->rate_ppb;
        worst->rate_cpu = number;
    }
    worst->offset_bound_ns = more(worst->offset_bound_ns, cpu->offset_bound_ns);
    worst->rate_bound_ppb = more(worst->rate_bound_ppb, cpu->rate_bound_ppb);
}

static void look_over(const struct evidence *e, struct judge_worst *worst)
{
    *worst = (struct judge_worst){0};
    for (unsigned i = 0; i < e->count; i++) {
        if (measured(&e->cpus[i]))
            worst_of(worst, i, &e->cpus[i].seen);
        else
            worst->left_out++;
    }
}

static uint64_t size_of(int64_t value)
{
    return (uint64_t)abs_i64(value);
}

/* Or so wide that anything may be within it. Of a CPU that stopped, what was last known is not of now. */
static bool bound_unknown(const struct keeper_cpu *cpu)
{
    return cpu->state == KEEPER_CPU_ONLINE && (cpu->offset_bound_ns > WIDEST_NS ||
                                               cpu->rate_bound_ppb > WIDEST_PPB || cpu->err_ns == UINT64_MAX);
}

/*
 * What one CPU shows, and the machine with it. A rate counts if it provably is not the boot CPU's, and if a
 * crystal may not change by as much within a second.
 */
static enum reason reason_of(const struct evidence *e, const struct judge_cpu *cpu)
{
    const struct keeper_cpu *seen = &cpu->seen;

    if (cpu->idle.result == IDLE_STOPPED)
        return REASON_STOPS;
    if (size_of(seen->rate_ppb) > seen->rate_bound_ppb && size_of(seen->rate_ppb) > e->wander_ppb_s)
        return REASON_RATE;
    if (seen->adjust_changed)
        return REASON_ADJUST_CHANGED;
    if (seen->adjust != e->cpus[0].seen.adjust)
        return REASON_ADJUST_DIFFERS;
    if (e->disruptions)
        return REASON_DISRUPTED;
    if (size_of(seen->offset_ns) > seen->offset_bound_ns)
        return REASON_OFFSET;
    if (seen->back)
        return REASON_BACK;
    if (e->apart)
        return REASON_APART;
    if (e->watched_s < LEAST_S)
        return REASON_TOO_SHORT;
    if (bound_unknown(seen))
        return REASON_BOUND_UNKNOWN;
    /* Nobody asked for per-CPU mode, and nothing spoke against the other: too few meetings did for it. */
    return e->percpu && !e->percpu_asked ? REASON_NOT_MET : REASON_IN_STEP;
}

/* The first of the reasons that any CPU has, and the first such CPU. */
static struct finding find(const struct evidence *e, const struct judge_worst *worst)
{
    struct finding found = {worst->measured > 1 ? REASON_IN_STEP : REASON_ONE_CPU, 0};

    if (worst->measured == 0)
        return (struct finding){REASON_NONE_MEASURED, 0};
    if (!e->source || !*e->source)
        return (struct finding){REASON_NO_SOURCE, 0};
    for (unsigned cpu = 0; cpu < e->count; cpu++) {
        enum reason reason = measured(&e->cpus[cpu]) ? reason_of(e, &e->cpus[cpu]) : REASON_IN_STEP;

        if (reason < found.reason)
            found = (struct finding){reason, cpu};
    }
    return found;
}

enum judgement judge(const struct evidence *evidence, struct judgement_words *words)
{
    struct finding finding;

    look_over(evidence, &words->worst);
    finding = find(evidence, &words->worst);
    words->judgement = judgement_of(finding.reason);
    judge_words(evidence, finding, words);
    return words->judgement;
}
