#include "check/stolen.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "log/log.h"
#include "platform/reference/reference.h"

#define READS_MOST_A_S 1000000000ull /* none takes less than a ns: should a TSC stand still */
#define ANSWER_SPINS   400000000u    /* for all CPUs together */

enum state { NOTHING, AWAITED, READY, GOES, STOPS }; /* of all */
enum step { NOT_YET, BEGUN, DONE };                  /* of one CPU */

/* Written by its own CPU; others read `gaps` and `smi` once `step` is DONE. */
struct watcher {
    _Alignas(64) struct gaps gaps;
    uint32_t smi, step;
};

static uint32_t seconds; /* written before other CPUs run */
/* Both written by the boot CPU. The others see them by `state`. */
static struct watcher *watchers;
static uint32_t state;
static uint64_t hz;

static uint32_t state_now(void)
{
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE);
}

static void enter(enum state next)
{
    __atomic_store_n(&state, next, __ATOMIC_RELEASE);
}

/*
 * PAUSE in each turn: where all CPUs share one host thread it lets the next one in. The boot CPU reads for
 * `ticks`, the others until it says that they stop.
 */
static void read_on(struct gaps *gaps, uint64_t ticks)
{
    gaps_first(gaps, rdtsc_ordered());
    for (uint64_t most = seconds * READS_MOST_A_S; most > 0 && state_now() == GOES; most--) {
        gaps_add(gaps, rdtsc_ordered());
        if (gaps->last - gaps->first >= ticks)
            return;
        cpu_relax();
    }
}

static uint32_t smis_now(void)
{
    facts_refresh();
    return cpu_this()->facts.smi;
}

static uint32_t step_of(unsigned cpu)
{
    return __atomic_load_n(&watchers[cpu].step, __ATOMIC_ACQUIRE);
}

/* Waits until all CPUs have come so far, or one has not for long. */
static void await_watchers(enum step step)
{
    for (unsigned cpu = 0, spin = 0; cpu < cpu_count(); cpu++) {
        for (; step_of(cpu) < step && spin < ANSWER_SPINS; spin++)
            cpu_relax();
    }
}

static void begin_own(struct watcher *own)
{
    gaps_begin(&own->gaps, hz);
    own->smi = smis_now();
    __atomic_store_n(&own->step, BEGUN, __ATOMIC_RELEASE);
}

static void end_own(struct watcher *own)
{
    own->smi = smis_now() - own->smi;
    for (unsigned ring = GAPS_DECADES - 1; ring-- > 0;)
        gaps_find_periods(&own->gaps, ring);
    __atomic_store_n(&own->step, DONE, __ATOMIC_RELEASE);
}

void stolen_prepare(uint32_t for_seconds)
{
    hz = reference_tsc_khz() * 1000;
    seconds = hz ? for_seconds : 0;
    state = seconds ? AWAITED : NOTHING;
}

void stolen_watch_cpu(void)
{
    while (state_now() == AWAITED)
        cpu_relax();
    if (state_now() == NOTHING)
        return;
    begin_own(&watchers[cpu_id()]);
    while (state_now() == READY)
        cpu_relax();
    read_on(&watchers[cpu_id()].gaps, UINT64_MAX);
    end_own(&watchers[cpu_id()]);
}

/*
 * All begin together and stop together: what a CPU does beside reading would take time from the others on an
 * emulator that runs them in turns.
 */
void stolen_watch(void)
{
    char words[STOLEN_TEXT];

    if (!seconds)
        return;
    watchers = memory_take_bytes(cpu_count() * sizeof *watchers, "the CPUs' gaps");
    log_print("stolen: all CPUs look for %u s for time that is taken from them (stolen=)\n", seconds);
    enter(READY);
    begin_own(watchers);
    await_watchers(BEGUN);
    enter(GOES);
    cpu_relax();
    read_on(&watchers->gaps, seconds * hz);
    enter(STOPS);
    end_own(watchers);
    await_watchers(DONE);
    stolen_words(cpu_count(), words);
    log_print("stolen: %s\n", words);
}

struct stolen stolen_of(unsigned cpu)
{
    if (!watchers || cpu >= cpu_count() || step_of(cpu) < DONE)
        return (struct stolen){0};
    return (struct stolen){.watched = true,
                           .gaps = &watchers[cpu].gaps,
                           .hz = hz,
                           .smi = watchers[cpu].smi,
                           .smi_counted = cpu_facts(cpu)->smi_counted};
}
