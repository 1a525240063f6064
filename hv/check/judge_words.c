/* The verdict in words. What Linux does is from arch/x86/kernel/tsc.c and tsc_sync.c (docs/verdict.md). */
#include "check/figures.h"
#include "check/words.h"
#include "log/format.h"
#include "platform/reference/sources.h"

static const struct {
    const char *word, *title;
} names[] = {
    [VERDICT_UNKNOWN] = {"unknown", "UNKNOWN"},
    [VERDICT_STOPS_IN_IDLE] = {"stops-in-idle", "STOPS IN IDLE"},
    [VERDICT_DRIFT] = {"drift", "DRIFT APART"},
    [VERDICT_CHANGED] = {"changed", "CHANGED"},
    [VERDICT_NOT_IN_STEP] = {"not-in-step", "NOT IN STEP"},
    [VERDICT_IN_STEP] = {"in-step", "IN STEP"},
};

static void say_offset(char *text, unsigned number, const struct keeper_cpu *cpu)
{
    char off[SPAN], bound[SPAN];

    words_add(text, "CPU%u's TSC is %s %s the boot CPU's, to within %s.", number,
              words_span(off, magnitude(cpu->offset_ns)), cpu->offset_ns < 0 ? "behind" : "ahead of",
              words_span(bound, cpu->offset_bound_ns));
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
    if (e->cpus[0].seen.adjust && !worst->adjust_cpu)
        words_add(text, " Before that, firmware set all of them alike.");
}

/* A fact, and no fault: what counts is where the TSCs stand. */
static void say_adjust(char *text, const struct evidence *e, unsigned number)
{
    if (number)
        words_add(text, " Firmware has set TSCs: IA32_TSC_ADJUST is %ld on CPU%u, %ld on the boot CPU.",
                  e->cpus[number].seen.adjust, number, e->cpus[0].seen.adjust);
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
    case REASON_NO_SOURCE: words_add(text, "There is no timer to compare the TSCs with."); break;
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
    case REASON_OFFSET: say_offset(text, number, &cpu->seen); break;
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
    if (worst->unseen && worst->measured)
        words_add(text, " %u of this machine's %u CPUs were not measured to the end.", worst->unseen,
                  worst->all);
    else if (!e->named)
        words_add(text, " Firmware names no CPUs: there may be more.");
}

/*
 * Returns the option that makes Linux take another clock, one that was seen to work here: the reference, else
 * another timer, and none against which there is anything.
 */
static const char *other_clock(const struct evidence *e)
{
    const char *option = source_linux_option(e->source);

    if (option && !timer_disputed(&e->timers, e->source))
        return option;
    for (unsigned i = 0; i < e->timers.count; i++) {
        option = source_linux_option(e->timers.of[i].name);
        if (option && e->timers.blame[i] == TIMER_IS_GOOD && e->timers.of[i].state != KEEPER_TIMER_UNKNOWN)
            return option;
    }
    return "tsc=unstable";
}

static void say_unsafe(char *text, const struct evidence *e, struct verdict *v)
{
    v->linux_word = "unsafe";
    v->option = other_clock(e);
    words_add(text, "Not safe as Linux's clock source: pass %s", v->option);
    if (v->kind == VERDICT_STOPS_IN_IDLE)
        words_add(text, ", or processor.max_cstate=1 intel_idle.max_cstate=0 to keep it awake.%s",
                  e->invariant ? " CPUID denies that it stops, and Linux would believe CPUID." : "");
    else
        words_add(text, ", and never tsc=reliable.");
}

static void say_doubt(char *text, const char *words)
{
    words_add(text, "%s%s", *text ? ", " : "Good for Linux as far as was seen, but ", words);
}

/* In step. That is safe if all was looked at; and Linux goes by other things too. */
static void say_in_step(char *text, const struct evidence *e, struct verdict *v)
{
    char idle[64];

    if (v->worst.unseen || !e->named)
        say_doubt(text, "not every CPU was");
    if (e->idle_untried) {
        format(idle, sizeof idle, "deep idle was not tried (%s)", e->idle_untried);
        say_doubt(text, idle);
    } else if (v->worst.awake) {
        format(idle, sizeof idle, "%u CPUs did not reach deep idle", v->worst.awake);
        say_doubt(text, idle);
    }
    if (timers_may_mislead_linux(&e->timers))
        say_doubt(text, "its watchdog may blame the TSC for a timer (tsc=nowatchdog)");
    if (v->worst.adjust_cpu)
        say_doubt(text, "it makes IA32_TSC_ADJUST equal within a package");
    if (!e->invariant)
        say_doubt(text, "CPUID promises no invariant TSC");
    if (!*text) {
        v->linux_word = "safe";
        words_add(text, "Safe as Linux's clock source: no option is needed");
    }
    words_add(text, ".");
    if (e->hypervisor)
        words_add(text, " This is a virtual machine's TSC.");
}

#define WRITE_NS 1000u /* firmware reads a TSC and writes the other: so much goes by */

/* Ticks are some 2^63 at most, which firmware may have written: what overflows explains nothing. */
static int64_t ticks_ns(int64_t ticks, uint64_t hz)
{
    int64_t khz = (int64_t)(hz / 1000 + !hz);

    return magnitude(ticks / khz) > INT64_MAX / 2000000 ? INT64_MAX
                                                        : ticks / khz * 1000000 + ticks % khz * 1000000 / khz;
}

/* Returns true if this TSC would be where the boot CPU's is, were nothing written to either. */
static bool adjust_explains(const struct evidence *e, unsigned cpu)
{
    const struct keeper_cpu *seen = &e->cpus[cpu].seen, *boot = &e->cpus[0].seen;
    int64_t ns = ticks_ns((int64_t)((uint64_t)seen->adjust - (uint64_t)boot->adjust), boot->hz);
    uint64_t off = magnitude((int64_t)((uint64_t)seen->offset_ns - (uint64_t)ns));

    return seen->adjust != boot->adjust && ns != INT64_MAX &&
           off <= seen->offset_bound_ns + WRITE_NS + magnitude(ns) / 10000;
}

static void say_linux(char *text, const struct evidence *e, struct verdict *v)
{
    if (v->kind == VERDICT_IN_STEP)
        say_in_step(text, e, v);
    else if (v->reason == REASON_ALL_LEFT)
        words_add(text, "Linux's watchdog would blame the TSC, right or wrong. Check again, for longer.");
    else if (v->kind == VERDICT_UNKNOWN)
        words_add(text, "Watch it for a minute.");
    else if (v->kind == VERDICT_NOT_IN_STEP && adjust_explains(e, v->worst.offset_cpu))
        words_add(text,
                  "Linux since 4.10 makes IA32_TSC_ADJUST equal within a package, which mends that; between "
                  "packages it goes by the TSC that it sees behind.");
    else
        say_unsafe(text, e, v);
}

void judge_words(const struct evidence *evidence, struct verdict *verdict)
{
    verdict->word = names[verdict->kind].word;
    verdict->title = names[verdict->kind].title;
    verdict->linux_word = "unsure";
    verdict->option = "none";
    verdict->means[0] = verdict->linux_advice[0] = 0;
    say_means(verdict->means, evidence, verdict);
    say_linux(verdict->linux_advice, evidence, verdict);
}
