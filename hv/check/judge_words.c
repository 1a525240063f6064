/* The verdict in words. What Linux does is from arch/x86/kernel/tsc.c and tsc_sync.c (docs/verdict.md). */
#include <stdarg.h>

#include "check/figures.h"
#include "log/format.h"
#include "log/string.h"
#include "platform/reference/sources.h"

#define SPAN 24u

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

/* Adds to what is there, cut at the end. */
__attribute__((format(printf, 2, 3))) static void add_text(char text[VERDICT_TEXT], const char *words, ...)
{
    size_t length = strlen(text);
    va_list args;

    va_start(args, words);
    format_va(text + length, VERDICT_TEXT - length, words, args);
    va_end(args);
}

/* Returns a time rounded to ns, us or ms: the largest unit that leaves three digits or more. */
static const char *span(char out[SPAN], uint64_t ns)
{
    unsigned unit = ns >= 100000000 ? 1000000 : ns >= 100000 ? 1000 : 1;
    uint64_t rounded = ns / unit + ns % unit * 2 / unit;

    format(out, SPAN, "%lu %s", rounded, unit == 1 ? "ns" : unit == 1000 ? "us" : "ms");
    return out;
}

static const char *ppm_text(char out[SPAN], uint64_t ppb)
{
    format(out, SPAN, "%lu.%03lu ppm", ppb / 1000, ppb % 1000);
    return out;
}

static void say_offset(char *text, unsigned number, const struct keeper_cpu *cpu)
{
    char off[SPAN], bound[SPAN];

    add_text(text, "CPU%u's TSC is %s %s the boot CPU's, to within %s.", number,
             span(off, magnitude(cpu->offset_ns)), cpu->offset_ns < 0 ? "behind" : "ahead of",
             span(bound, cpu->offset_bound_ns));
}

static void say_rate(char *text, unsigned number, const struct keeper_cpu *cpu)
{
    uint64_t ppb = magnitude(cpu->rate_ppb);
    char rate[SPAN], bound[SPAN], day[SPAN];

    add_text(text, "CPU%u's TSC is %s %s than the boot CPU's, to within %s: %s in a day.", number,
             ppm_text(rate, ppb), cpu->rate_ppb < 0 ? "slower" : "faster",
             ppm_text(bound, cpu->rate_bound_ppb), span(day, ppb * 86400));
}

static void say_agreement(char *text, const struct evidence *e, const struct worst *worst)
{
    char off[SPAN], rate[SPAN];

    add_text(text,
             "All %u TSCs tell the same time to within %s, at the same rate to within %s; nothing changed "
             "them in %u s.",
             worst->measured, span(off, magnitude(worst->offset_ns) + worst->offset_bound_ns),
             ppm_text(rate, magnitude(worst->rate_ppb) + worst->rate_bound_ppb), e->watched_s);
    if (e->cpus[0].seen.adjust)
        add_text(text, " Before that, firmware set all of them alike.");
}

static void say_means(char *text, const struct evidence *e, const struct verdict *v)
{
    const struct worst *worst = &v->worst;
    unsigned number = v->cpu;
    const struct cpu_evidence *cpu = &e->cpus[number];
    char stopped[SPAN];

    switch (v->reason) {
    case REASON_NONE_MEASURED: add_text(text, "No TSC could be measured."); break;
    case REASON_TOO_SHORT: add_text(text, "Watched for %u s only.", e->watched_s); break;
    case REASON_NO_SOURCE: add_text(text, "There is no timer to compare the TSCs with."); break;
    case REASON_STOPS:
        add_text(text, "CPU%u's TSC stood still for %s while it idled for 20 ms.", number,
                 span(stopped, cpu->idle.stopped_ns));
        break;
    case REASON_RATE: say_rate(text, number, &cpu->seen); break;
    case REASON_ADJUST_CHANGED:
        add_text(text, "Something, perhaps firmware, wrote to CPU%u's TSC while it was watched.", number);
        break;
    case REASON_ADJUST_DIFFERS:
        add_text(text, "Firmware wrote to TSCs: IA32_TSC_ADJUST is %ld on CPU%u, %ld on the boot CPU.",
                 cpu->seen.adjust, number, e->cpus[0].seen.adjust);
        break;
    case REASON_DISRUPTED:
        add_text(text, "TSC and %s disagreed %u times beyond all bounds: one of them jumped or stood still.",
                 e->source, e->disruptions);
        break;
    case REASON_OFFSET: say_offset(text, number, &cpu->seen); break;
    case REASON_BEHIND:
    case REASON_APART: add_text(text, "Meetings of CPUs showed one TSC behind another."); break;
    case REASON_BOUND_UNKNOWN: add_text(text, "How far CPU%u's TSC is off is not known.", number); break;
    case REASON_FEW_MEETINGS: add_text(text, "Too few meetings of CPUs to say more."); break;
    case REASON_ONE_CPU:
        add_text(text, "Only one CPU ran: its TSC kept time with the %s for %u s.", e->source, e->watched_s);
        break;
    case REASON_IN_STEP: say_agreement(text, e, worst); break;
    }
    if (worst->unseen && worst->measured)
        add_text(text, " %u of this machine's %u CPUs were not measured to the end.", worst->unseen,
                 worst->all);
    else if (!e->named)
        add_text(text, " Firmware names no CPUs: there may be more.");
}

/* Returns the option that makes Linux take another clock, one that was seen to work here. */
static const char *other_clock(const struct evidence *e)
{
    const char *option = source_linux_option(e->source);

    return option ? option : "tsc=unstable";
}

static void say_unsafe(char *text, const struct evidence *e, struct verdict *v)
{
    v->linux_word = "unsafe";
    v->option = other_clock(e);
    add_text(text, "Not safe as Linux's clock source: pass %s", v->option);
    if (v->kind == VERDICT_STOPS_IN_IDLE)
        add_text(text, ", or processor.max_cstate=1 intel_idle.max_cstate=0 to keep it awake.%s",
                 e->invariant ? " CPUID denies that it stops, and Linux would believe CPUID." : "");
    else if (v->kind == VERDICT_CHANGED)
        add_text(text, ". If Meridian with another clocksource= finds nothing, the %s was wrong.", e->source);
    else
        add_text(text, ", and never tsc=reliable.");
}

static void say_doubt(char *text, const char *words)
{
    add_text(text, "%s%s", *text ? ", " : "Good as Linux's clock source as far as was seen, but ", words);
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
    if (!e->invariant)
        say_doubt(text, "CPUID promises no invariant TSC, so Linux may take another clock");
    if (!*text) {
        v->linux_word = "safe";
        add_text(text, "Safe as Linux's clock source: no option is needed");
    }
    add_text(text, ".");
    if (e->hypervisor)
        add_text(text, " This is a virtual machine's TSC.");
}

static void say_linux(char *text, const struct evidence *e, struct verdict *v)
{
    if (v->kind == VERDICT_IN_STEP)
        say_in_step(text, e, v);
    else if (v->kind == VERDICT_UNKNOWN)
        add_text(text, "Watch it for a minute.");
    else if (v->reason == REASON_ADJUST_DIFFERS)
        add_text(text, "Linux 4.10 and later correct that.");
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
