/* What the verdict means for Linux: arch/x86/kernel/tsc.c and tsc_sync.c (docs/verdict.md). */
#include "check/words.h"
#include "log/format.h"
#include "platform/reference/sources.h"

/*
 * Returns the option that makes Linux take another clock, one that was seen to work here: the reference, else
 * another timer, and none against which there is anything.
 */
static const char *other_clock(const struct evidence *e)
{
    const char *option = e->timeless ? NULL : source_linux_option(e->source);

    if (option && !timer_disputed(&e->timers, e->source))
        return option;
    for (unsigned i = 0; i < e->timers.count; i++) {
        option = source_linux_option(e->timers.of[i].name);
        if (option && e->timers.blame[i] == TIMER_IS_GOOD && e->timers.of[i].state != KEEPER_TIMER_UNKNOWN)
            return option;
    }
    return "tsc=unstable";
}

#define WATCHDOG_NS 500000u /* by so much TSCs are apart when the one of 6.3 to 7.0 sees it */

/*
 * Will Linux find out by itself? Its watchdog is off if CPUID promises an invariant TSC, there is
 * IA32_TSC_ADJUST and sockets are few (check_system_tsc_reliable); without a timer it has nothing to go by.
 */
static void say_watchdog(char *text, const struct evidence *e, const struct verdict *v)
{
    uint64_t ppb = magnitude(v->worst.rate_ppb);

    if (e->timeless)
        return;
    if (e->invariant && e->cpus[0].facts.tsc_adjust) {
        words_add(text, " Its watchdog is off where sockets are few; since 7.1 tsc=watchdog turns it on.");
        return;
    }
    words_add(text, " Its watchdog sees TSCs that are 500 us apart");
    if (v->kind == VERDICT_DRIFT && ppb > 0)
        words_add(text, " (these after %lu s)", (unsigned long)((WATCHDOG_NS + ppb - 1) / ppb));
    words_add(text, ", since 7.1 one that is behind.");
}

static void say_unsafe(char *text, const struct evidence *e, struct verdict *v)
{
    v->linux_word = "unsafe";
    v->option = other_clock(e);
    if (v->kind == VERDICT_IN_PARALLEL)
        words_add(text, "Without IA32_TSC_ADJUST Linux cannot correct that, and refuses the TSC. ");
    words_add(text, "Not safe as Linux's clock source: pass %s", v->option);
    if (v->kind == VERDICT_STOPS_IN_IDLE)
        words_add(text, ", or processor.max_cstate=1 intel_idle.max_cstate=0 to keep it awake.%s",
                  e->invariant ? " CPUID denies that it stops, and Linux would believe CPUID." : "");
    else
        words_add(text, ", and never tsc=reliable.");
    say_watchdog(text, e, v);
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
    if (e->repaired)
        say_doubt(text, "without repair=try the TSCs are apart");
    if (v->worst.adjust_cpu && !e->repaired)
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
static int64_t adjust_ns(int64_t ticks, uint64_t hz)
{
    int64_t khz = (int64_t)(hz / 1000 + !hz);

    return magnitude(ticks / khz) > INT64_MAX / 2000000 ? INT64_MAX
                                                        : ticks / khz * 1000000 + ticks % khz * 1000000 / khz;
}

/* Returns true if this TSC would be where the boot CPU's is, were nothing written to either. */
static bool adjust_explains(const struct evidence *e, unsigned cpu)
{
    const struct keeper_cpu *seen = &e->cpus[cpu].seen, *boot = &e->cpus[0].seen;
    int64_t ns = adjust_ns((int64_t)((uint64_t)seen->adjust - (uint64_t)boot->adjust), boot->hz);
    uint64_t off = magnitude((int64_t)((uint64_t)seen->offset_ns - (uint64_t)ns));

    return !e->timeless && seen->adjust != boot->adjust && ns != INT64_MAX &&
           off <= seen->offset_bound_ns + WRITE_NS + magnitude(ns) / 10000;
}

static bool linux_can_adjust(const struct evidence *e)
{
    for (unsigned cpu = 0; cpu < e->count; cpu++) {
        if (e->cpus[cpu].seen.state != KEEPER_CPU_LEFT_OUT && !e->cpus[cpu].facts.tsc_adjust)
            return false;
    }
    return true;
}

void words_for_linux(const struct evidence *e, struct verdict *v)
{
    char *text = v->linux_advice;

    if (v->kind == VERDICT_IN_STEP)
        say_in_step(text, e, v);
    else if (v->reason == REASON_ALL_LEFT)
        words_add(text, "Linux's watchdog would blame the TSC, right or wrong. Check again, for longer.");
    else if (v->reason == REASON_NO_SOURCE)
        words_add(text, "Linux finds no timer to watch the TSC by either.");
    else if (v->kind == VERDICT_UNKNOWN)
        words_add(text, "Watch it for a minute.");
    else if (v->kind >= VERDICT_IN_PARALLEL && adjust_explains(e, v->worst.offset_cpu))
        words_add(text,
                  "Linux since 4.10 makes IA32_TSC_ADJUST equal within a package, which mends that; between "
                  "packages it goes by the TSC that it sees behind.");
    else if (v->kind == VERDICT_IN_PARALLEL && linux_can_adjust(e))
        words_add(text,
                  "Linux since 4.10 corrects that by IA32_TSC_ADJUST as it starts each CPU, by the warp "
                  "that it sees; an older one refuses the TSC.");
    else
        say_unsafe(text, e, v);
}
