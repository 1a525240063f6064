/* The verdict in words. */
#include "check/figures.h"
#include "check/words.h"
#include "log/format.h"

#define ONE_S 1000000000u /* ns */

static const struct {
    const char *word, *title;
} names[] = {
    [VERDICT_UNKNOWN] = {"unknown", "UNKNOWN"},
    [VERDICT_STOPS_IN_IDLE] = {"stops-in-idle", "STOPS IN IDLE"},
    [VERDICT_DRIFT] = {"drift", "DRIFT APART"},
    [VERDICT_CHANGED] = {"changed", "CHANGED"},
    [VERDICT_IN_PARALLEL] = {"in-parallel", "IN PARALLEL"},
    [VERDICT_NOT_IN_STEP] = {"not-in-step", "NOT IN STEP"},
    [VERDICT_IN_STEP] = {"in-step", "IN STEP"},
};

/* Where no rate is known, ticks are no time. */
static const char *amount(char out[SPAN], const struct evidence *e, uint64_t ns)
{
    if (!e->timeless)
        return words_span(out, ns);
    format(out, SPAN, "%lu ticks", ns);
    return out;
}

static void say_offset(char *text, const struct evidence *e, unsigned number)
{
    const struct keeper_cpu *cpu = &e->cpus[number].seen;
    char off[SPAN], bound[SPAN];

    words_add(text, "CPU%u's TSC is %s %s the boot CPU's, to within %s.", number,
              amount(off, e, magnitude(cpu->offset_ns)), cpu->offset_ns < 0 ? "behind" : "ahead of",
              amount(bound, e, cpu->offset_bound_ns));
}

/* The signs and units that people write down: a constant is to be compared with another day's. */
static void say_parallel(char *text, const struct keeper_cpu *cpu, unsigned number, const struct worst *worst)
{
    uint64_t off = magnitude(cpu->offset_ns);
    char span[SPAN], bound[SPAN];

    if (off < ONE_S)
        words_span(span, off);
    else
        format(span, SPAN, "%lu.%03lu s", (off + 500000) / ONE_S, (off + 500000) / 1000000 % 1000);
    words_add(text,
              "CPU%u's TSC runs in parallel with the boot CPU's: offset %s%s +/- %s, rates equal to %lu ppb.",
              number, cpu->offset_ns < 0 ? "-" : "", span, words_span(bound, cpu->offset_bound_ns),
              magnitude(worst->rate_ppb) + worst->rate_bound_ppb);
}

static void say_rate(char *text, unsigned number, const struct keeper_cpu *cpu)
{
    uint64_t ppb = magnitude(cpu->rate_ppb);
    char rate[SPAN], bound[SPAN], day[SPAN];

    words_add(text, "CPU%u's TSC is %s %s than the boot CPU's, to within %s: %s in a day.", number,
              words_ppm(rate, ppb), cpu->rate_ppb < 0 ? "slower" : "faster",
              words_ppm(bound, cpu->rate_bound_ppb), words_span(day, ppb * 86400));
}

static void say_agreement(char *text, const struct evidence *e, const struct worst *worst)
{
    char off[SPAN], rate[SPAN];

    words_add(text,
              "All %u TSCs tell the same time to within %s, at the same rate to within %s; nothing changed "
              "them in %u s.",
              worst->measured, words_span(off, magnitude(worst->offset_ns) + worst->offset_bound_ns),
              words_ppm(rate, magnitude(worst->rate_ppb) + worst->rate_bound_ppb), e->watched_s);
    if (e->repaired)
        words_add(text, " Before that, repair=try wrote %u of them into step.", e->repaired);
    else if (e->cpus[0].seen.adjust && !worst->adjust_cpu)
        words_add(text, " Before that, firmware set all of them alike.");
}

static void say_timeless(char *text, const struct evidence *e, const struct worst *worst)
{
    char rate[SPAN];

    words_add(text, "There is no timer to hold TSCs against.");
    if (worst->measured > 1 && worst->offset_bound_ns != UINT64_MAX && worst->rate_bound_ppb != UINT64_MAX)
        words_add(
            text,
            " Beside one another all %u are the same to within %lu ticks, at the same rate to within %s.",
            worst->measured, magnitude(worst->offset_ns) + worst->offset_bound_ns,
            words_ppm(rate, magnitude(worst->rate_ppb) + worst->rate_bound_ppb));
    if (e->cpuid_hz)
        words_add(text, " CPUID says %lu MHz, which nothing confirms.", e->cpuid_hz / 1000000);
}

/* A fact, and no fault: what counts is where the TSCs stand. */
static void say_adjust(char *text, const struct evidence *e, unsigned number)
{
    if (number)
        words_add(text, " %s set TSCs: IA32_TSC_ADJUST is %ld on CPU%u, %ld on the boot CPU.",
                  e->repaired ? "Meridian" : "Firmware has", e->cpus[number].seen.adjust, number,
                  e->cpus[0].seen.adjust);
}

static void say_means(char *text, const struct evidence *e, const struct verdict *v)
{
    const struct worst *worst = &v->worst;
    unsigned number = v->cpu;
    const struct cpu_evidence *cpu = &e->cpus[number];
    char stopped[SPAN];

    switch (v->reason) {
    case REASON_NONE_MEASURED: words_add(text, "No TSC could be measured."); break;
    case REASON_TOO_SHORT: words_add(text, "Watched for %u s only.", e->watched_s); break;
    case REASON_NO_SOURCE: say_timeless(text, e, worst); break;
    case REASON_STOPS:
        words_add(text, "CPU%u's TSC stood still for %s while it idled for 20 ms.", number,
                  words_span(stopped, cpu->idle.stopped_ns));
        break;
    case REASON_RATE: say_rate(text, number, &cpu->seen); break;
    case REASON_ADJUST_CHANGED:
        words_add(text, "Something, perhaps firmware, wrote to CPU%u's TSC while it was watched.", number);
        break;
    case REASON_DISRUPTED:
        words_add(text, "CPU%u's TSC jumped or stood still, while other TSCs went on with the timers.",
                  e->culprit_cpu);
        break;
    case REASON_PARALLEL: say_parallel(text, &cpu->seen, number, worst); break;
    case REASON_OFFSET: say_offset(text, e, number); break;
    case REASON_BEHIND:
    case REASON_APART: words_add(text, "Meetings of CPUs showed one TSC behind another."); break;
    case REASON_ALL_LEFT:
        words_add(text, "%u times %s and %s disagreed beyond all bounds. Nothing tells which was wrong.",
                  e->disruptions, worst->measured > 1 ? "all TSCs together" : "the TSC",
                  e->culprits.unknown ? "the reference" : "all timers together");
        break;
    case REASON_BOUND_UNKNOWN: words_add(text, "How far CPU%u's TSC is off is not known.", number); break;
    case REASON_FEW_MEETINGS: words_add(text, "Too few meetings of CPUs to say more."); break;
    case REASON_ONE_CPU:
        words_add(text, "Only one CPU ran: its TSC kept time with the %s for %u s.", e->source, e->watched_s);
        break;
    case REASON_IN_STEP: say_agreement(text, e, worst); break;
    }
    say_adjust(text, e, worst->adjust_cpu);
    words_of_timers(text, &e->timers);
    words_of_crystals(text, &e->crystals, e->source);
    if (worst->unseen && worst->measured)
        words_add(text, " %u of this machine's %u CPUs were not measured to the end.", worst->unseen,
                  worst->all);
    else if (!e->named)
        words_add(text, " Firmware names no CPUs: there may be more.");
}

void judge_words(const struct evidence *evidence, struct verdict *verdict)
{
    verdict->word = names[verdict->kind].word;
    verdict->title = names[verdict->kind].title;
    verdict->linux_word = "unsure";
    verdict->option = "none";
    verdict->means[0] = verdict->linux_advice[0] = 0;
    say_means(verdict->means, evidence, verdict);
    words_for_linux(evidence, verdict);
}
